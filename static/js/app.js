// The one entry of the page: each import wires its own behaviour.
import "./request.js";
import "./toast.js";
import "./place.js";
import "./drag.js";
import "./lift.js";
import "./live.js";
import "./install.js";
import "./queue.js";
import "./waiting.js";
import "./dialog.js";
import "./menu.js";
import "./update.js";
import "./fold.js";
import "./jump.js";
import "./typed.js";
import "./editing.js";
import "./panel.js";
import "./autosubmit.js";
import "./order.js";
import "./tabs.js";
import "./switch.js";
import "./newtab.js";
import "./theme.js";
import "./timezone.js";

// Until it has settled, htmx gives a new element the class and style of the old one; a style attribute breaks the
// page's CSP.
htmx.config.attributesToSettle = [];
