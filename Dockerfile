FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CRM_ENV=production CRM_DATA_DIR=/var/lib/crm HOST=0.0.0.0 PORT=8000
WORKDIR /srv/crm

COPY requirements/base.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/base.txt

RUN useradd --system --user-group --no-create-home crm && install --directory --owner=crm --group=crm /var/lib/crm
COPY . .
USER crm

EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=4)"]
CMD ["gunicorn", "wsgi:app"]
