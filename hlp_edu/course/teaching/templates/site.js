// What is folded on the screen is printed in full; what runs wider than the page can be scrolled with the keyboard.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    addEventListener("afterprint", () => { folded.open = false; }, { once: true });
  }
});

const reach = () => {
  const wide = ".highlight pre, .table-wrapper, .math-wrapper, figure, mjx-container[display=true]";
  for (const block of document.querySelectorAll(`article :is(${wide})`))
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
};
addEventListener("load", reach);
addEventListener("load", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "The course");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "This page");
});
addEventListener("resize", reach);
