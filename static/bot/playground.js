/* The newest turn is in sight when the page has come. */
const turns = document.querySelector(".turns");
turns.scrollTop = turns.scrollHeight;
