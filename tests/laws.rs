//! Laws over the whole registry: what must hold for every verb and every model, whatever it does.
//!
//! [`STEPS`] and [`MODELS`] say which variants of a verb to try; a verb that learns and has no row there fails. Set
//! `PIPEWRIGHT_ONLY=scale` to try one verb or model.
#![allow(clippy::unwrap_used)]

mod support;

#[path = "laws/arguments.rs"]
mod arguments;
#[path = "laws/explicit.rs"]
mod explicit;
#[path = "laws/footprint.rs"]
mod footprint;
#[path = "laws/honesty.rs"]
mod honesty;
#[path = "laws/hostile.rs"]
mod hostile;
#[path = "laws/repeatability.rs"]
mod repeatability;
#[path = "laws/sample.rs"]
mod sample;
#[path = "laws/serving.rs"]
mod serving;
#[path = "laws/weights.rs"]
mod weights;

use pipewright::REGISTRY;

/// Ways to use one verb or one model.
struct Row {
    name: &'static str,
    variants: &'static [Variant],
}

/// A stage, or a model with its options, and the target of the sample that it is tried on.
#[derive(Clone, Copy)]
struct Variant {
    text: &'static str,
    target: &'static str,
    /// The targets that a step can be tried with.
    targets: &'static [&'static str],
    /// Does a step learn with the target?
    sees_target: bool,
}

const fn step(text: &'static str) -> Variant {
    Variant { text, target: "grade", targets: &sample::TARGETS, sees_target: false }
}

/// A step that learns with one of these targets.
const fn aimed(text: &'static str, targets: &'static [&'static str]) -> Variant {
    Variant { targets, sees_target: true, ..step(text) }
}

const fn model(text: &'static str, target: &'static str) -> Variant {
    Variant { target, ..step(text) }
}

/// Verbs whose stages learn, or are carried along into a saved pipeline.
const STEPS: &[Row] = &[
    Row {
        name: "fillna",
        variants: &[
            step("fillna mean"),
            step("fillna median indicator=true"),
            step("fillna mode"),
            step("fillna mode on colour, count"),
            step("fillna 0"),
            step("fillna \"none\" on colour"),
            step("fillna knn[3]"),
            step("fillna knn weights=distance indicator=true on real, count"),
            step("fillna iterative"),
        ],
    },
    Row { name: "clip", variants: &[step("clip 10% 90%"), step("clip none 80% on real"), step("clip 25% 7 on count")] },
    Row { name: "merge", variants: &[step("merge similar 0.7 on town"), step("merge similar")] },
    Row {
        name: "outliers",
        variants: &[
            step("outliers zscore 1.5 do=clip"),
            step("outliers iqr 0.5 do=null on real"),
            step("outliers mad 2"),
            step("outliers iforest 10%"),
        ],
    },
    Row {
        name: "mask",
        variants: &[
            step("mask hash key=\"a key\" on town"),
            step("mask redact on colour"),
            step("mask redact null=true on colour"),
            step("mask generalise step=3 letters=5 on town, count"),
        ],
    },
    Row {
        name: "balance",
        variants: &[
            aimed("balance smote k=3", &["grade", "shape"]),
            aimed("balance oversample ratio=0.8", &["grade", "shape"]),
            aimed("balance undersample", &["grade", "shape"]),
        ],
    },
    Row {
        name: "scale",
        variants: &[
            step("scale"),
            step("scale minmax"),
            step("scale robust"),
            step("scale minmax on real"),
            step("scale maxabs"),
            step("scale squash"),
            step("fillna median | scale robust"),
        ],
    },
    Row { name: "normalize", variants: &[step("normalize"), step("normalize l1 on real, count")] },
    Row {
        name: "power",
        variants: &[step("power"), step("clip 1 none | power boxcox standardise=false on count | scale")],
    },
    Row { name: "quantile", variants: &[step("quantile normal n_quantiles=10"), step("quantile uniform on real")] },
    Row { name: "log1p", variants: &[step("clip 0 none | log1p | scale")] },
    Row {
        name: "encode",
        variants: &[
            step("encode"),
            step("encode auto on @string"),
            step("encode onehot on colour, flag"),
            step("encode onehot rare=20% unknown=other on town"),
            step("encode ordinal rare=3 on town"),
            step("encode ordinal on @string"),
            step("encode count unknown=other rare=2 on town, flag"),
            step("encode count share=true"),
            step("encode hash[16] on town"),
            aimed("encode target", &sample::TARGETS),
            aimed("encode target smooth=2 cv=3 rare=2 on town, flag", &sample::TARGETS),
            aimed("encode woe on town", &["grade"]),
        ],
    },
    Row {
        name: "pca",
        variants: &[
            step("fillna mean | pca[2]"),
            step("fillna mean | scale | pca 80%"),
            step("fillna mean | encode onehot on colour | pca[2] whiten=true name=\"axis\""),
        ],
    },
    Row { name: "svd", variants: &[step("fillna mean | svd[2]")] },
    Row {
        name: "cluster",
        variants: &[
            step("fillna mean | cluster kmeans[3]"),
            step("fillna mean | scale | cluster gmm[4] auto=true covariance=diagonal"),
            step("fillna mean | scale | cluster dbscan eps=1.5 min_rows=3 name=\"place\""),
            step("fillna mean | cluster hierarchical[3] linkage=average"),
        ],
    },
    Row { name: "anomaly", variants: &[step("anomaly iforest trees=10"), step("anomaly rows=8 name=\"odd\" on real")] },
    Row {
        name: "filter",
        variants: &[
            step("fillna mean | filter variance"),
            step("fillna mean | filter variance 5"),
            step("fillna mean | filter correlation 0.3"),
        ],
    },
    Row {
        name: "select_k",
        variants: &[
            aimed("fillna mean | select_k f[2]", &sample::TARGETS),
            aimed("fillna mean | encode onehot on colour | select_k mi[3]", &sample::TARGETS),
            aimed("fillna mean | select_k l1[2]", &sample::TARGETS),
        ],
    },
    Row {
        name: "rfe",
        variants: &[
            aimed("fillna mean | scale | rfe[2]", &sample::TARGETS),
            aimed("fillna mean | scale | rfe auto", &sample::TARGETS),
        ],
    },
    Row {
        name: "sequential",
        variants: &[
            aimed("fillna mean | scale | sequential[1]", &sample::TARGETS),
            aimed("fillna mean | scale | sequential[2] backward", &["price"]),
        ],
    },
    Row {
        name: "bin",
        variants: &[step("bin 4"), step("bin 3 width encode=onehot on real"), step("fillna mean | bin 3 kmeans")],
    },
    Row { name: "poly", variants: &[step("scale | poly 3"), step("scale | poly 2 interaction_only=true")] },
    Row { name: "interact", variants: &[step("scale | interact on real, count, flag")] },
    Row { name: "spline", variants: &[step("spline"), step("spline 3 knots=quantile include_bias=false on real")] },
    Row {
        name: "datefeatures",
        variants: &[
            step("datefeatures"),
            step("datefeatures cyclic=true"),
            step("datefeatures parts=[month, elapsed]"),
        ],
    },
    Row { name: "text", variants: &[step("text"), step("text bow[5] ngram=2 on town"), step("text hash[8] on town")] },
    Row { name: "select", variants: &[step("select real, colour"), step("scale | select count, flag")] },
    Row {
        name: "derive",
        variants: &[
            step("derive double = real * 2, long = len(town), real = log1p(abs(real))"),
            step("derive above = real - mean(real), z = zscore(count), r = rank(real)"),
            step(
                "fillna median | derive real = sqrt(abs(real)), big = real > quantile(real, 90%), usual = mode(colour)",
            ),
        ],
    },
    Row { name: "rename", variants: &[step("rename x=real y=colour"), step("scale | rename real=count count=real")] },
    Row { name: "keep", variants: &[step("keep real, colour")] },
    Row {
        name: "cast",
        variants: &[
            step("cast category on flag | cast float64 on count"),
            step("fillna 0 | cast int64 bad=null on real"),
        ],
    },
    Row {
        name: "parse",
        variants: &[
            step("parse date \"%d.%m.%Y\" bad=null on town"),
            step("drop town | derive day = \"1.2.2024\" | parse date \"%d.%m.%Y\" on day | drop day"),
        ],
    },
    Row {
        name: "columns",
        variants: &[
            step("columns { real, count => fillna median | scale; colour, town => encode onehot; _ => drop }"),
            step("columns { @numeric & @missing => fillna mean; @cardinality(max=4) & @string => encode ordinal }"),
        ],
    },
    Row { name: "only", variants: &[step("only train { where real > 0 } | fillna mean")] },
    Row { name: "drop", variants: &[step("drop town"), step("encode onehot on colour | drop real")] },
];

/// Models, each with its options of `train`.
const MODELS: &[Row] = &[
    Row { name: "dummy", variants: &[model("dummy", "grade"), model("dummy", "price")] },
    Row { name: "linear", variants: &[model("linear", "price")] },
    Row { name: "ridge", variants: &[model("ridge", "price"), model("ridge(l2=0.01)", "price")] },
    Row { name: "lasso", variants: &[model("lasso(l1=0.5)", "price")] },
    Row { name: "elastic", variants: &[model("elastic(l1=0.5, l2=0.1)", "price")] },
    Row { name: "bayesian_ridge", variants: &[model("bayesian_ridge", "price")] },
    Row { name: "huber", variants: &[model("huber", "price")] },
    Row {
        name: "quantile_regression",
        variants: &[
            model("quantile_regression(quantile=30%)", "price"),
            model("quantile_regression(quantile=[10%, 90%])", "price"),
        ],
    },
    Row { name: "glm", variants: &[model("glm(family=normal)", "price")] },
    Row {
        name: "logistic",
        variants: &[
            model("logistic", "grade"),
            model("logistic(l2=0.5)", "shape"),
            model("logistic(l1=0.1, balanced=true)", "grade"),
        ],
    },
    Row { name: "lda", variants: &[model("lda", "shape")] },
    Row { name: "qda", variants: &[model("qda(reg=0.1)", "grade")] },
    Row { name: "bayes", variants: &[model("bayes", "shape"), model("bayes", "grade")] },
    Row { name: "knn", variants: &[model("knn[3]", "shape"), model("knn[3](weights=distance)", "price")] },
    Row { name: "svm", variants: &[model("svm", "grade"), model("svm(kernel=linear)", "price")] },
    Row { name: "tree", variants: &[model("tree(depth=3)", "shape"), model("tree", "price")] },
    Row {
        name: "forest",
        variants: &[
            model("forest(trees=10)", "grade"),
            model("forest(trees=10)", "price"),
            model("forest(trees=10, quantile=[97.5%, 2.5%])", "price"),
        ],
    },
    Row { name: "extra_trees", variants: &[model("extra_trees(trees=10)", "shape")] },
    Row {
        name: "gbdt",
        variants: &[
            model("gbdt", "grade"),
            model("gbdt(trees=5, min_rows=2)", "shape"),
            model("gbdt(trees=10, rows=0.5, columns=0.5, loss=absolute)", "price"),
            model("gbdt(trees=5, loss=quantile, quantile=[10%, 50%, 90%])", "price"),
        ],
    },
    Row { name: "vote", variants: &[model("vote[ridge, knn[3]](weights=[2, 1])", "price")] },
    Row { name: "bag", variants: &[model("bag[tree](n=3)", "grade")] },
    Row { name: "stack", variants: &[model("stack[logistic, bayes]", "grade")] },
    Row { name: "blend", variants: &[model("blend[{ scale | train logistic }, bayes](folds=2)", "grade")] },
    Row {
        name: "mlp",
        variants: &[
            model("mlp[4,auto] epochs=3 batch=8", "grade"),
            model("mlp[4,auto](recipe=realmlp) epochs=3", "grade"),
            model("mlp[4,auto](recipe=realmlp) epochs=6 early_stop=2", "price"),
            model("mlp[4,auto] epochs=3 loss=huber delta=0.5 clip=1 ema=0.9", "price"),
            model("mlp[4,auto](balanced=true) epochs=3 loss=focal", "grade"),
            model("mlp[4,auto] epochs=3 loss=hinge accumulate=2", "shape"),
            model("mlp[4,auto](dropout=0.3) epochs=3", "grade"),
            model("mlp[4,3](activation=tanh) epochs=3 optimizer=sgd momentum=0.9 lr=0.05", "shape"),
            model("mlp[auto](activation=sigmoid) epochs=3 optimizer=rmsprop", "price"),
            model("mlp[4,auto] epochs=6 early_stop=2 val=20%", "grade"),
            model("mlp[4,auto] epochs=6 early_stop=2 optimizer=adamw weight_decay=0.1", "price"),
        ],
    },
    Row {
        name: "net",
        variants: &[
            model("net(label_smoothing=0.1) { dense[4] act=relu | dropout 20% | dense[auto] } epochs=3", "grade"),
            model(
                "net { dense[4] | norm batch | act silu | residual { dense[4] act=relu } | dense[3] } epochs=3",
                "shape",
            ),
            model("net { branches [{ dense[4] }, { norm layer }] | dense[6] | glu | dense[auto] } epochs=3", "price"),
        ],
    },
];

/// The rows that `PIPEWRIGHT_ONLY` asks for; all of them, if it asks for nothing.
fn chosen(rows: &'static [Row]) -> impl Iterator<Item = &'static Variant> {
    let only = support::filter();
    rows.iter().filter(move |row| row.name.contains(&only)).flat_map(|row| row.variants)
}

#[test]
fn every_verb_that_learns_has_its_laws() {
    let learning: Vec<&str> = REGISTRY
        .verbs
        .iter()
        .filter(|verb| {
            (verb.spec.effect.learns() && verb.spec.group != pipewright_operator::Group::Learn)
                || !verb.states.is_empty()
        })
        .map(|verb| verb.spec.name)
        .collect();
    let mut tried: Vec<&str> = STEPS.iter().map(|row| row.name).collect();
    tried.sort_by_key(|name| learning.iter().position(|other| other == name));
    assert_eq!(tried, learning, "rows of STEPS, and the verbs that learn or are saved");
    let models: Vec<&str> = REGISTRY.model_names().collect();
    let tried: Vec<&str> = MODELS.iter().map(|row| row.name).collect();
    assert_eq!(tried, models, "rows of MODELS, and the models of the registry");
    for row in STEPS.iter().chain(MODELS) {
        let own = row.variants.iter().all(|variant| variant.text.contains(row.name));
        assert!(own && !row.variants.is_empty(), "the variants of `{}` are about it", row.name);
    }
}
