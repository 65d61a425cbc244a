"""What the schemas of Kubernetes do not say of a rendered chart, and its configuration and rules as
files, for those who can read them: check_chart.py RENDERED FOLDER."""

import json
import pathlib
import sys

import ruamel.yaml

# As compact as Kubernetes reads it: the first document may be empty.
objects = [o for o in ruamel.yaml.YAML(typ="safe").load_all(pathlib.Path(sys.argv[1])) if o]
folder = pathlib.Path(sys.argv[2])
folder.mkdir(exist_ok=True)
wrong = []
kinds = {}
for one in objects:
    kinds.setdefault(one["kind"], []).append(one)


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


# Rules of the standard "restricted" for pods, and what the product itself needs.
for one in kinds["StatefulSet"] + kinds.get("Job", []):
    name, template = one["metadata"]["name"], one["spec"]["template"]
    pod, labels = template["spec"], template["metadata"]["labels"]
    container = pod["containers"][0]
    security = container["securityContext"]
    expected = {
        "runs as nobody in particular": pod["securityContext"]["runAsNonRoot"] is True,
        "has a seccomp profile": pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault",
        "cannot gain rights": security["allowPrivilegeEscalation"] is False,
        "has no capability": security["capabilities"]["drop"] == ["ALL"],
        "cannot write to its image": security["readOnlyRootFilesystem"] is True,
        "has no token of the cluster": pod["automountServiceAccountToken"] is False,
        "has an instance name that stays": any(
            variable["name"] == "RICOCHET__KAFKA__INSTANCE"
            and variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
            for variable in container["env"]
        ),
        "mounts what it declares": {m["name"] for m in container["volumeMounts"]}
        == {v["name"] for v in pod["volumes"]},
        "falls under a network policy": any(
            selects(policy["spec"]["podSelector"]["matchLabels"], labels)
            for policy in kinds["NetworkPolicy"]
        ),
    }
    if one["kind"] == "StatefulSet":
        stage = labels["app.kubernetes.io/component"]
        probes = [container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("liveness", "readiness")]
        arguments = container["args"]
        expected |= {
            "is told its stage": arguments[arguments.index("--stage") + 1] == stage,
            "is probed": probes == ["/health/live", "/health/ready"],
            "has 35 s to end": pod["terminationGracePeriodSeconds"] >= 35,
            "selects its own pods": selects(one["spec"]["selector"]["matchLabels"], labels),
            "has one disruption budget": 1
            == sum(
                selects(budget["spec"]["selector"]["matchLabels"], labels)
                for budget in kinds["PodDisruptionBudget"]
            ),
            "has a service": any(
                service["metadata"]["name"] == one["spec"]["serviceName"]
                for service in kinds["Service"]
            ),
        }
    wrong += [f"{name}: not true: {what}" for what, holds in expected.items() if not holds]

names = {(one["kind"], one["metadata"]["name"]) for one in objects}
if len(names) != len(objects):
    wrong.append("two objects of one kind have one name")

for one in kinds["ConfigMap"]:
    if "ricochet.toml" in one["data"]:
        for name, text in one["data"].items():
            (folder / name).write_text(text)
    else:
        for name, text in one["data"].items():
            json.loads(text)
for one in kinds.get("PrometheusRule", []):
    (folder / "rules.yml").write_text(json.dumps(one["spec"]))

sys.exit("\n".join(wrong) or 0)
