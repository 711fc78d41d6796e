// Formulas are set first, so that a slide knows how large its text is; what is too large gets smaller letters.
const fit = (slide) => {
  const box = slide.querySelector(".slide"), body = slide.querySelector(".body");
  const over = () => body.scrollHeight > body.clientHeight + 1 || body.scrollWidth > body.clientWidth + 1;
  let scale = Number(box.style.getPropertyValue("--scale"));
  while (over() && scale > 0.3) box.style.setProperty("--scale", scale = scale * 0.96);
};

addEventListener("load", async () => {
  await MathJax.startup.promise;
  const deck = Reveal;
  deck.on("slidechanged", (event) => fit(event.currentSlide));
  deck.on("pdf-ready", () => deck.getSlides().forEach(fit));
  await deck.initialize({
    width: 1280, height: 720, margin: 0.03, center: false, hash: true, slideNumber: "c/t", transition: "none",
    plugins: [RevealNotes],
  });
  fit(deck.getCurrentSlide());
});
