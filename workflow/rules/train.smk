# train: folds × seeds × settings. Each setting is a series of trainings, planned at once; then each training is a job, which
# goes on from where it was when it is repeated; then each series is made an ensemble, and all of them one table.


rule train_plan:
    input:
        lambda wildcards: setting("train", "prepared"),
    output:
        f"{OUT}/train/{{setting}}/series.json",
    log:
        f"{OUT}/logs/train.{{setting}}.plan.txt",
    params:
        folder=subpath(output[0], parent=True),
        series=lambda wildcards: series_flags(),
        options=lambda wildcards: options("train"),
        own=lambda wildcards: setting("train", "settings")[wildcards.setting],
    shell:
        "cellkernel finetune {input:q} {params.series} {params.options} {params.own} --plan-only"
        " --out {params.folder:q} > {log:q} 2>&1"


rule train_part:
    input:
        f"{OUT}/train/{{setting}}/series.json",
    output:
        f"{OUT}/train/{{setting}}/{{part}}/run.json",
    log:
        f"{OUT}/logs/train.{{setting}}.{{part}}.txt",
    params:
        folder=subpath(output[0], parent=True),
    threads: config["threads"]
    shell:
        "cellkernel resume {params.folder:q} --threads {threads} > {log:q} 2>&1"


rule train_join:
    input:
        lambda wildcards: expand(
            f"{OUT}/train/{wildcards.setting}/{{part}}/run.json", part=series_parts()
        ),
    output:
        f"{OUT}/train/{{setting}}/run.json",
    log:
        f"{OUT}/logs/train.{{setting}}.join.txt",
    params:
        folder=subpath(output[0], parent=True),
    shell:
        "cellkernel resume {params.folder:q} > {log:q} 2>&1"


rule train_table:
    input:
        lambda wildcards: expand(f"{OUT}/train/{{setting}}/run.json", setting=setting("train", "settings")),
    output:
        table=f"{OUT}/train.csv",
        picture=f"{OUT}/train.svg",
    log:
        f"{OUT}/logs/train.table.txt",
    params:
        folder=subpath(input[0], ancestor=2),
    localrule: True
    shell:
        "cellkernel status {params.folder:q} --table {output.table:q} --picture {output.picture:q} > {log:q} 2>&1"


rule train:
    input:
        f"{OUT}/train.csv",
