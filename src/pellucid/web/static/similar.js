// Similar questions while one is typed. Without this they stand on the page before posting.
"use strict";
(() => {
  const field = document.getElementById("id_title");
  const place = document.getElementById("similar-threads");
  const count = document.getElementById("similar-count");
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (!field || !place || !count || !token) return;
  let timer = 0;
  let asked = "";
  let running = null;

  async function look() {
    const title = field.value.trim();
    if (title === asked) return;
    asked = title;
    if (running) running.abort();
    running = new AbortController();
    try {
      const answer = await fetch(place.dataset.url, {
        method: "POST",
        headers: { "X-CSRFToken": token.value },
        body: new URLSearchParams({ title }),
        signal: running.signal,
      });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const heading = page.querySelector("h2");
      place.replaceChildren(...page.body.childNodes);
      place.hidden = !heading;
      // Said once: that there are some, not all of them.
      count.textContent = heading ? `${heading.textContent} below the field` : "";
    } catch (error) {
      if (error.name !== "AbortError") place.hidden = true;
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 500);
  });
})();
