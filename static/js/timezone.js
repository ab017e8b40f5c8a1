// The browser knows where it is: [data-timezone] takes the IANA name with the form.
import { whenArrives } from "./arrive.js";

whenArrives("[data-timezone]", (field) => {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || field.value;
});
