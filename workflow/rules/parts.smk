# annotate, embed, map: one plan for all cells, parts that know nothing of each other, and what they come to, merged.
# A part is written whole or not at all, and one that is there is not done again. Snakemake has notes of the jobs ("done") in
# place of the parts: what it takes away before it repeats a job is the note.


rule plan:
    input:
        model=lambda wildcards: model_of(wildcards.step),
        files=lambda wildcards: setting(wildcards.step, "files"),
    output:
        f"{OUT}/{{step}}/plan.json",
    log:
        f"{OUT}/logs/{{step}}.plan.txt",
    params:
        model=lambda wildcards: setting(wildcards.step, "model"),
        shards=lambda wildcards: setting(wildcards.step, "shards"),
        options=lambda wildcards: options(wildcards.step),
    shell:
        "cellkernel plan {params.model:q} {input.files:q} --step {wildcards.step} --shards {params.shards}"
        " {params.options} --out {output:q} > {log:q} 2>&1"


rule part:
    input:
        f"{OUT}/{{step}}/plan.json",
    output:
        touch(f"{OUT}/{{step}}/done/{{shard}}"),
    log:
        f"{OUT}/logs/{{step}}.{{shard}}.txt",
    params:
        folder=subpath(input[0], parent=True),
    threads: config["threads"]
    shell:
        "cellkernel {wildcards.step} --plan {input:q} --shard {wildcards.shard} --threads {threads}"
        " --out {params.folder:q} > {log:q} 2>&1"


rule merge:
    input:
        plan=f"{OUT}/{{step}}/plan.json",
        parts=lambda wildcards: expand(
            f"{OUT}/{wildcards.step}/done/{{shard}}", shard=range(setting(wildcards.step, "shards"))
        ),
    output:
        f"{OUT}/{{step}}.h5ad",
    log:
        f"{OUT}/logs/{{step}}.merge.txt",
    params:
        folder=subpath(input.plan, parent=True),
    shell:
        "cellkernel merge {input.plan:q} {params.folder:q} --out {output:q} > {log:q} 2>&1"


use rule merge as merge_zarr with:
    output:
        directory(f"{OUT}/{{step}}.zarr"),


rule annotate:
    input:
        merged("annotate"),


rule embed:
    input:
        merged("embed"),


rule map:
    input:
        merged("map"),
