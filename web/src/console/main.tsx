import "@mantine/core/styles.css";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "../api/queries";
import { ConsoleApp } from "./ConsoleApp";
import { createPages } from "./router";

const root = document.getElementById("root");
if (root) createRoot(root).render(<ConsoleApp pages={createPages()} queries={createQueryClient()} />);
