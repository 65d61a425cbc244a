"""What the schema of compose files does not say: names that are meant exist, images are pinned, ports
are this machine's own."""

import pathlib
import re
import sys

import ruamel.yaml

path = pathlib.Path(sys.argv[1])
compose = ruamel.yaml.YAML(typ="safe").load(path)
services, volumes = compose["services"], compose["volumes"]
wrong = []

for name, service in services.items():
    image = service["image"]
    if not re.search(r":(v?\d+\.\d+\.\d+|\$\{RICOCHET_VERSION:-local\})$", image):
        wrong.append(f"{name}: image {image} is not pinned")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("."):
            if not (path.parent / source).exists():
                wrong.append(f"{name}: there is no {source}")
        elif source not in volumes:
            wrong.append(f"{name}: volume {source} is not declared")
    for port in service.get("ports", []):
        if not port.startswith("127.0.0.1:"):
            wrong.append(f"{name}: port {port} can be reached from other machines")
    for other, of in service.get("depends_on", {}).items():
        if other not in services:
            wrong.append(f"{name}: depends on {other}, which is not there")
        elif of["condition"] == "service_healthy" and "healthcheck" not in services[other]:
            wrong.append(f"{name}: waits for the health of {other}, which has no healthcheck")
    build = service.get("build")
    if build and not (path.parent / build["context"] / build["dockerfile"]).exists():
        wrong.append(f"{name}: there is no {build['dockerfile']}")

for name in ("kafka", "registry", "topics", "ricochet", "prometheus", "alertmanager", "grafana"):
    if name not in services or services[name].get("profiles"):
        wrong.append(f"{name} does not come up with one command")
for used in set(volumes) - {v.split(":")[0] for s in services.values() for v in s.get("volumes", [])}:
    wrong.append(f"volume {used} is used by nobody")

sys.exit("\n".join(wrong) or 0)
