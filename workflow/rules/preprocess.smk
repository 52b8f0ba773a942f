# preprocess: rounds, each of parts that know nothing of each other and are then put together for the next. How many rounds there
# are depends on the options: the plan says it. For "done" see parts.smk.


checkpoint preprocess_plan:
    input:
        model=lambda wildcards: setting("preprocess", "model"),
        files=lambda wildcards: setting("preprocess", "files"),
    output:
        f"{OUT}/preprocess/plan.json",
    log:
        f"{OUT}/logs/preprocess.plan.txt",
    params:
        shards=lambda wildcards: setting("preprocess", "shards"),
        options=lambda wildcards: options("preprocess"),
    shell:
        "cellkernel plan {input.model:q} {input.files:q} --step preprocess --shards {params.shards} {params.options}"
        " --out {output:q} > {log:q} 2>&1"


rule preprocess_part:
    input:
        plan=f"{OUT}/preprocess/plan.json",
        before=lambda wildcards: [
            f"{OUT}/preprocess/done/round-{earlier}" for earlier in [int(wildcards.round) - 1] if earlier > 0
        ],
    output:
        touch(f"{OUT}/preprocess/done/{{round}}.{{shard}}"),
    log:
        f"{OUT}/logs/preprocess.{{round}}.{{shard}}.txt",
    params:
        folder=subpath(input.plan, parent=True),
    shell:
        "cellkernel preprocess --plan {input.plan:q} --round {wildcards.round} --shard {wildcards.shard}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule preprocess_round:
    input:
        plan=f"{OUT}/preprocess/plan.json",
        parts=lambda wildcards: expand(
            f"{OUT}/preprocess/done/{wildcards.round}.{{shard}}", shard=range(setting("preprocess", "shards"))
        ),
    output:
        touch(f"{OUT}/preprocess/done/round-{{round}}"),
    log:
        f"{OUT}/logs/preprocess.{{round}}.txt",
    params:
        folder=subpath(input.plan, parent=True),
    shell:
        "cellkernel preprocess --plan {input.plan:q} --round {wildcards.round} --merge"
        " --out {params.folder:q} > {log:q} 2>&1"


rule preprocess_merge:
    input:
        plan=f"{OUT}/preprocess/plan.json",
        parts=lambda wildcards: expand(
            f"{OUT}/preprocess/done/{rounds()}.{{shard}}", shard=range(setting("preprocess", "shards"))
        ),
    output:
        directory(f"{OUT}/prepared"),
    log:
        f"{OUT}/logs/preprocess.merge.txt",
    params:
        folder=subpath(input.plan, parent=True),
    shell:
        "cellkernel merge {input.plan:q} {params.folder:q} --out {output:q} > {log:q} 2>&1"


rule preprocess:
    input:
        f"{OUT}/prepared",
