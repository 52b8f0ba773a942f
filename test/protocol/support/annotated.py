"""Reads what `annotate` wrote with anndata and pandas, and works its columns out anew: annotated.py H5AD CSV."""

import json
import sys

import anndata
import numpy as np
import pandas as pd

adata = anndata.read_h5ad(sys.argv[1])
made = adata.uns["cellkernel"]
classes = np.array([str(name) for name in made["classes"]])
scores = np.asarray(adata.obsm["cellkernel_scores"])
known = ~np.isnan(scores[:, 0])
rows, obs = scores[known], adata.obs[known]
order = np.sort(rows, axis=1)
label = classes[rows.argmax(axis=1)]
assert np.allclose(rows.sum(axis=1), 1, atol=1e-6)
assert (obs["predicted_label"].astype(str) == label).all()
assert (obs["probability"].to_numpy() == rows.max(axis=1)).all()
assert np.allclose(obs["margin"], order[:, -1] - order[:, -2], atol=1e-6)
assigned = np.where(rows.max(axis=1) >= made["threshold"], label, "unassigned")
assert (obs["assigned_label"].astype(str) == assigned).all()
sets = [" | ".join(classes[row >= made["set_thresholds"]]) or "none" for row in rows]
assert (obs["prediction_set"].astype(str) == sets).all()
distance = np.linalg.norm(np.asarray(adata.obsm["X_scGPT"])[known], axis=1) / made["unlike_distance"]
assert np.allclose(obs["unlike"], distance, rtol=1e-5)
assert (obs["is_unlike"].to_numpy(bool) == (distance > 1)).all()
said = obs[["predicted_label", "second_opinion", "neighbours_label"]].astype(str)
agree = said.eq(said["predicted_label"], axis=0).sum(axis=1)
assert (obs["agreement"].astype(int) == agree).all()
others = (agree == 1) & (said["second_opinion"] == said["neighbours_label"])
assert (obs["consensus_label"].astype(str) == said["predicted_label"].where(~others, said["second_opinion"])).all()
assert adata.obs[~known][["agreement", "consensus_label", "second_opinion", "neighbours_label"]].isna().all(axis=None)
assert adata.obs[~known][["unlike", "is_unlike"]].isna().all(axis=None)
assert adata.obs[~known][["predicted_label", "assigned_label", "prediction_set", "probability"]].isna().all(axis=None)

table = pd.read_csv(sys.argv[2], index_col="cell_id", keep_default_na=False, na_values=[""])
assert list(table.index) == list(adata.obs_names)
assert list(table.columns) == list(adata.obs.columns)
for name in ["predicted_label", "assigned_label", "prediction_set"]:
    written, kept = table[name], adata.obs[name].astype(object)
    assert ((written == kept) | (written.isna() & kept.isna())).all(), name
assert (table["is_unlike"].dropna().astype(bool) == adata.obs["is_unlike"].dropna().astype(bool)).all()
for name in ["probability", "margin", "unlike"]:
    assert np.array_equal(table[name].to_numpy(np.float32), adata.obs[name].to_numpy(), equal_nan=True), name

plain = lambda value: {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else str(value)
print(json.dumps({"cells": int(known.sum()), "open": int((assigned == "unassigned").sum()), "unlike": int((distance > 1).sum()), "made": plain(made)}))
