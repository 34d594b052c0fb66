import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { sessionKey, useSignOut } from "../api/session";
import { forgetDrafts } from "../draft/draftStore";
import { useLanguage } from "../text/LanguageProvider";
import { keepLanguage } from "../text/languages";

const signal = "storelink:signed-out";

/** useLeave signs out: nothing that was typed stays, in this tab or another. Only the language is kept. */
export function useLeave() {
  const queries = useQueryClient();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const { language } = useLanguage();
  useEffect(() => {
    const heard = ({ key }: StorageEvent) => {
      if (key !== signal) return;
      forgetDrafts();
      void queries.invalidateQueries({ queryKey: sessionKey });
    };
    window.addEventListener("storage", heard);
    return () => window.removeEventListener("storage", heard);
  }, [queries]);
  const leave = (to: string) =>
    signOut.mutate(undefined, {
      onSuccess: () => {
        forgetDrafts();
        keepLanguage(language);
        localStorage.setItem(signal, String(Date.now()));
        localStorage.removeItem(signal);
        if (to === "/") void navigate({ to });
        else window.location.assign(to);
      },
    });
  return { signOut, leave };
}
