//! What to do next: workflows, retries and pace as pure decisions.
