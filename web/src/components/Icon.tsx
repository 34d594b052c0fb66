const paths = {
  ring: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z",
  check: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM5 8.2l2.1 2.1L11 6.2",
  clock: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM8 4.5V8l2.3 1.6",
  triangle: "M8 2l6.5 11.5h-13zM8 6.5v3M8 11.6v.1",
  cross: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  dash: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM5 8h6",
  sheet: "M3 1.5h7l3 3v10H3zM5.5 7.5h5M5.5 10h5M8 7.5v5",
  down: "M4 6l4 4 4-4",
  close: "M4 4l8 8M12 4l-8 8",
  tick: "M3 8.5l3.2 3.2L13 5",
  swap: "M2 5.5h11m-3-3 3 3-3 3M14 10.5H3m3-3-3 3 3 3",
  arrow: "M2 8h11.5m-4-4 4 4-4 4",
  back: "M14 8H2.5m4-4-4 4 4 4",
};

export type IconName = keyof typeof paths;

/** Icon is a small sign that stands beside words, never instead of them. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width="1em"
      height="1em"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: "none" }}
    >
      <path d={paths[name]} />
    </svg>
  );
}
