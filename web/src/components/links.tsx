import { Anchor, type AnchorProps, Button, type ButtonProps, NavLink, type NavLinkProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type Native<P> = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof P> & { ref?: Ref<HTMLAnchorElement> };

/** The component library's links, going to pages of this program. */
export const PageAnchor = createLink((props: AnchorProps & Native<AnchorProps>) => <Anchor {...props} />);
export const PageButton = createLink((props: ButtonProps & Native<ButtonProps>) => <Button component="a" {...props} />);
export const PageNavLink = createLink((props: NavLinkProps & Native<NavLinkProps>) => (
  <NavLink component="a" {...props} />
));
