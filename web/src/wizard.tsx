import "@mantine/core/styles.css";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "./api/queries";
import { createPages } from "./router";
import { WizardApp } from "./WizardApp";

const root = document.getElementById("root");
if (root) createRoot(root).render(<WizardApp pages={createPages()} queries={createQueryClient()} />);
