"""How gunicorn serves the CRM; the environment decides where and how much."""

import os
import time
from threading import Thread

from click import ClickException
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from crm.config import THREADS, Settings, flag, number

host = os.environ.get("HOST", "127.0.0.1")
bind = f"[{host}]:{number(os.environ, 'PORT', 8000)}" if ":" in host else f"{host}:{number(os.environ, 'PORT', 8000)}"
worker_class = "gthread"
workers = number(os.environ, "WEB_WORKERS", 2)
threads = number(os.environ, "WEB_THREADS", THREADS)
graceful_timeout = 20
preload_app = False
accesslog = None  # the application logs every request itself, as JSON
loglevel = os.environ.get("WEB_LOG_LEVEL", "warning")
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
control_socket_disable = True


def on_starting(server: Arbiter) -> None:
    """Once per start, before any worker: what is unsafe ends the start here, for a failing worker is only replaced."""
    Settings.from_environment()
    if flag(os.environ, "CREATE_ADMIN_ON_STARTUP", default=False):
        create_admin()


def create_admin() -> None:
    """A refusal ends the start with its sentence. No connection may stay open: the workers would inherit it."""
    from crm import create_app
    from crm.cli import create_admin_on_startup
    from crm.database import db

    with create_app().app_context():
        try:
            create_admin_on_startup()
        except ClickException as refusal:
            raise SystemExit(refusal.message) from None
        finally:
            db.engine.dispose()


def post_worker_init(worker: ThreadWorker) -> None:
    Thread(target=end_streams_at_stop, args=(worker,), daemon=True).start()


def end_streams_at_stop(worker: ThreadWorker) -> None:
    """An open stream would keep a stopping worker until graceful_timeout."""
    while worker.alive:
        time.sleep(0.2)
    from crm.live import hub

    hub.close()
