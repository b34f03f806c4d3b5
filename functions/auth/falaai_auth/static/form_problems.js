// Show the server's error messages: beside their fields, or above the form.

const noteFor = (input) => input && document.getElementById(`${input.id}-problem`);

export function clearProblems(form) {
  form.querySelector(".form-problem").hidden = true;
  for (const input of form.querySelectorAll("input")) {
    input.removeAttribute("aria-invalid");
    if (noteFor(input)) noteFor(input).hidden = true;
  }
}

export function showProblem(form, problem) {
  let first;
  for (const { field, message } of problem.fields ?? []) {
    const input = form.elements[field];
    const note = noteFor(input);
    if (!note) continue;
    note.textContent = message[0].toUpperCase() + message.slice(1);
    note.hidden = false;
    input.setAttribute("aria-invalid", "true");
    first ??= input;
  }
  if (first) return first.focus();
  const general = form.querySelector(".form-problem");
  general.textContent = problem.message;
  general.hidden = false;
}
