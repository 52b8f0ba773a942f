"""What other people's tools make of the main job's results; prints it as JSON for protocol.test.ts."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import scanpy as sc
from sklearn import metrics

results, source = Path(sys.argv[1]), sys.argv[2]

table = pd.read_csv(results / "predictions.csv", index_col="cell_id")
test = table[table["split"] == "test"]
true, predicted = test["true_label"], test["predicted_label"]
majority = [table.loc[table["split"] == "train", "true_label"].mode()[0]] * len(test)
weighted = {"average": "weighted", "zero_division": 0}
names = sorted(set(true) | set(predicted))
report = metrics.classification_report(true, predicted, labels=names, output_dict=True, zero_division=0)

labelled, before = sc.read_h5ad(results / "labelled.h5ad"), sc.read_h5ad(source)
in_order = table.loc[labelled.obs_names]
dense = [a.toarray() if hasattr(a, "toarray") else np.asarray(a) for a in (labelled.raw.X, before.raw.X)]

print(
    json.dumps(
        {
            "figures": {
                "n_cells": len(test),
                "accuracy": metrics.accuracy_score(true, predicted),
                "macro_f1": metrics.f1_score(true, predicted, labels=names, average="macro", zero_division=0),
                "weighted_f1": metrics.f1_score(true, predicted, **weighted),
                "weighted_precision": metrics.precision_score(true, predicted, **weighted),
                "weighted_recall": metrics.recall_score(true, predicted, **weighted),
                "kappa": metrics.cohen_kappa_score(true, predicted),
            },
            "per_class": {
                name: {"precision": r["precision"], "recall": r["recall"], "f1": r["f1-score"], "support": r["support"]}
                for name, r in report.items()
                if name in names
            },
            "majority_weighted_f1": metrics.f1_score(true, majority, **weighted),
            "split": table["split"].value_counts().to_dict(),
            "classes_of_split": table.groupby("split")["true_label"].nunique().to_dict(),
            "labels_agree": bool((labelled.obs["predicted_label"].astype(str) == in_order["predicted_label"]).all()),
            "embedding_shape": list(labelled.obsm["X_scGPT"].shape),
            "same_values": bool(np.array_equal(*dense)),
            "same_labels": bool((labelled.obs["bulk_labels"] == before.obs["bulk_labels"]).all()),
        }
    )
)
