// The counter's page: the form and the answer, and nothing else.

import { openForm } from "./question.js";

await openForm();
