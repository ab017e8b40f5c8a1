// The browser keeps our files, and the boards and deals seen last: see ../worker/.
if (navigator.serviceWorker) navigator.serviceWorker.register(document.body.dataset.worker).catch(() => {});
