// The one entry of the page: each import wires its own behaviour.
import "./request.js";
import "./toast.js";
import "./place.js";
import "./drag.js";
import "./lift.js";
import "./live.js";
import "./dialog.js";
import "./menu.js";
import "./editing.js";
import "./panel.js";
import "./autosubmit.js";
import "./order.js";
import "./tabs.js";
import "./switch.js";
import "./newtab.js";
import "./theme.js";
import "./timezone.js";

// While it settles, htmx gives a new element the class and style of the old one;
// a card that has just been marked would lose the mark again, and a style attribute breaks the page's CSP.
htmx.config.attributesToSettle = [];
