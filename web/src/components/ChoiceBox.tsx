import classes from "./ChoiceBox.module.css";

type Props = {
  label: string;
  checked: boolean;
  /** Some of what it stands for is chosen. */
  some?: boolean;
  disabled?: boolean;
  onChange: (checked: boolean, range: boolean) => void;
};

/** ChoiceBox is a tick box with room for a finger around it. With shift held it asks for the range from the last one. */
export function ChoiceBox({ label, checked, some = false, disabled, onChange }: Props) {
  return (
    <label className={classes.target}>
      <input
        type="checkbox"
        aria-label={label}
        className={classes.box}
        checked={checked}
        disabled={disabled}
        ref={(box) => {
          if (box) box.indeterminate = some && !checked;
        }}
        onChange={(event) => {
          const { shiftKey } = event.nativeEvent as MouseEvent;
          onChange(event.currentTarget.checked, shiftKey === true);
        }}
      />
    </label>
  );
}
