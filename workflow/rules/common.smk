# What the rules share.
import json

OUT = config["out"]
PARTED = ["annotate", "embed", "map"]


wildcard_constraints:
    step="|".join(PARTED),
    round=r"\d+",
    shard=r"\d+",
    setting=r"[^/]+",
    part=r"[^/]+",


# Rules call `cellkernel`, whatever it takes to start it here. No parameter of theirs: where it moves, nothing is to be done anew.
shell.prefix(f"set -euo pipefail; cellkernel() {{{{ command {config['cellkernel']} \"$@\"; }}}}; ")


def setting(step, name):
    """What config.yaml says of a step; a message that names what is missing there."""
    if not config.get(step):
        raise WorkflowError(f"config.yaml has no section {step}, which says what the target {step} is to do")
    if config[step].get(name) is None:
        raise WorkflowError(f"config.yaml has no {name} in the section {step}")
    return config[step][name]


def options(step):
    """Further options of a step's command, as on a command line."""
    return setting(step, "options") if config.get(step, {}).get("options") else ""


def model_of(step):
    """What must be there of a step's model: its folder; of one that is trained here, what its training ends with."""
    model = setting(step, "model")
    return f"{model}/run.json" if model.startswith(f"{OUT}/train/") else model


def merged(step):
    """The file of all cells, where the step is one that config.yaml has."""
    return f"{OUT}/{step}.{(config.get(step) or {}).get('form') or 'h5ad'}"


def rounds():
    """The number of rounds of a preparation, when its plan is made."""
    with checkpoints.preprocess_plan.get().output[0].open() as plan:
        return len(json.load(plan)["decided"]["rounds"])


def series_flags():
    """Which trainings a series has, as flags of `cellkernel finetune`."""
    folds, seeds = config["train"].get("folds"), config["train"].get("seeds")
    return " ".join(
        ([f"--folds {folds}"] if folds else []) + ([f"--seeds {','.join(map(str, seeds))}"] if seeds else [])
    )


def series_parts():
    """The folders of a series' trainings, as `cellkernel finetune` names them."""
    folds, seeds = config["train"].get("folds"), config["train"].get("seeds") or [0]
    return [
        "-".join(
            ([f"fold-{fold}"] if fold else []) + ([f"seed-{seed}"] if len(seeds) > 1 or not fold else [])
        )
        for seed in seeds
        for fold in (range(1, folds + 1) if folds else [None])
    ]
