//! `svm`: support vector machines.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::svm::{Kernel, Svm, SvmModel};
use pipewright_operator::work::Training;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Example, Int, Model, NonNegative, Positive, Spec, Tasks, arguments, words,
};
use std::sync::Arc;

words! {
    /// The similarity of rows.
    enum KernelWord { Rbf = "rbf", Linear = "linear", Polynomial = "poly" }
}

arguments! {
    /// The hyper-parameters of `svm`.
    struct SvmArgs {
        /// Similarity of rows: `rbf` for any smooth shape, `linear`, or `poly` for products of columns.
        option kernel: KernelWord = KernelWord::Rbf;
        /// Inverse of the regularisation strength: how much errors count beside the size of the weights.
        option c: Positive = Svm::default().c;
        /// How fast similarity falls with distance. Without it, 1 / (columns · variance).
        option gamma: Option<Positive>, for kernel in ["rbf", "poly"];
        /// Degree of the polynomial.
        option degree: Int<1, 100> = 3, for kernel in ["poly"];
        /// Constant term of the polynomial kernel.
        option coef0: NonNegative = 0.0, for kernel in ["poly"];
        /// Half the width of the tube in which errors of a number cost nothing.
        option epsilon: NonNegative = Svm::default().epsilon;
        /// Uses the squared hinge loss.
        option squared: bool = false, for kernel in ["linear"];
        /// Weighs classes by the inverse of their frequency.
        option balanced: bool = false;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "svm",
        summary: "Support vector machine: the widest margin between classes, or a tube around numbers.",
        details: "Minimises ½·‖w‖² + c·Σ loss: hinge loss for classes, loss beyond ±epsilon for numbers. `scale` first. Good \
                  for up to some ten thousand rows of numbers; time grows with the square of the rows, except for \
                  `linear`. Probabilities are Platt's, from five held-out parts, so each machine is trained six times. \
                  Classes are told apart in pairs, by `linear` each from the rest. As scikit-learn's `SVC`, `SVR`, \
                  `LinearSVC` and `LinearSVR`. Sources: Cortes and Vapnik (1995); Fan, Chen and Lin (2005); Hsieh et al. \
                  (2008); Lin, Lin and Weng (2007); Wu, Lin and Weng (2004).",
        search: &["support vector", "svc", "svr", "linearsvc", "rbf", "kernel", "hinge", "margin", "libsvm"],
        examples: &[Example {
            script: "load breast_cancer.csv | scale | train svm(c=2) | eval kfold 5 metric=[accuracy, auc]",
            output: "\
svm(c=2.0) predicts diagnosis (binary, positive class malignant)
stratified, 5 folds, 569 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9772      0.9626 to 0.9917    0.9649    0.9825      0.6274
auc                   0.9956      0.9896 to 1.0000    0.9899    0.9977      0.5000

confusion (rows true, columns predicted)
                       benign  malignant
benign                    350          7
malignant                   6        206
",
        }],
        ..model_spec::<SvmArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_model::<SvmModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = SvmArgs::read(own)?;
    let gamma = own.gamma.map(|gamma| gamma.0);
    let kernel = match own.kernel {
        KernelWord::Linear => Kernel::Linear,
        KernelWord::Rbf => Kernel::Rbf { gamma },
        KernelWord::Polynomial => Kernel::Polynomial { degree: own.degree.saturating_u32(), gamma, coef0: own.coef0.0 },
    };
    let learner = Svm {
        kernel,
        c: own.c.0,
        epsilon: own.epsilon.0,
        squared: own.squared,
        balanced: own.balanced,
        ..Svm::default()
    };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
