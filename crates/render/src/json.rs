//! Outputs as JSON, as documented in `docs/json.md`.

use crate::{evaluation, explanation, figures, ranking, saved_pipeline, tuning};
use pipewright_frame::Table;
use pipewright_operator::result::{
    Assertion, Description, Evaluation, Explanation, Figures, Frozen, Output, OutputVisitor, ProfileReport, Ranking,
    Reported, Saved, SavedPipeline, SchemaColumn, SchemaReport, TableHead, Tuning, Written,
};
use serde_json::{Map, Value as Json, json};

/// Renders an output as a JSON object whose `kind` is its verb.
#[must_use]
pub fn json(output: &Output) -> Json {
    let mut object = Map::new();
    object.insert("kind".to_owned(), json!(output.kind()));
    if let Json::Object(fields) = output.accept(&Fields) {
        object.extend(fields);
    }
    Json::Object(object)
}

/// The fields of the object without `kind`.
struct Fields;

impl OutputVisitor for Fields {
    type Result = Json;

    fn evaluation(&self, evaluation: &Evaluation) -> Json {
        evaluation::json(evaluation)
    }

    fn table(&self, table: &TableHead) -> Json {
        let columns: Vec<&str> = table.head.columns().iter().map(|column| &*column.name).collect();
        json!({"columns": columns, "shown": objects(&table.head), "rows": table.rows})
    }

    fn schema(&self, schema: &SchemaReport) -> Json {
        let of_column = |SchemaColumn { column, missing }: &SchemaColumn| {
            let sources: Vec<&str> = column.sources.iter().map(|source| &**source).collect();
            json!({
                "name": &*column.name,
                "kind": column.kind,
                "role": column.role,
                "missing": missing,
                "sources": sources,
            })
        };
        let columns: Vec<Json> = schema.columns.iter().map(of_column).collect();
        let source = schema.origin.as_ref().map(|origin| {
            let decided: Map<String, Json> =
                origin.facts.iter().map(|(what, how)| ((*what).to_owned(), json!(how))).collect();
            json!({"file": origin.file, "decided": decided})
        });
        json!({"rows": schema.rows, "columns": columns, "source": source})
    }

    fn description(&self, description: &Description) -> Json {
        let profile = &description.profile;
        json!({"rows": profile.rows, "columns": profile.columns})
    }

    fn profile(&self, profile: &ProfileReport) -> Json {
        json!(profile.profile)
    }

    fn assertion(&self, assertion: &Assertion) -> Json {
        json!({"condition": assertion.condition, "holds": true})
    }

    fn saved(&self, saved: &Saved) -> Json {
        let pipeline = &saved.pipeline;
        json!({"path": saved.path, "model": pipeline.model_name, "target": &*pipeline.task.target})
    }

    fn saved_pipeline(&self, saved: &SavedPipeline) -> Json {
        saved_pipeline::json(saved)
    }

    fn frozen(&self, frozen: &Frozen) -> Json {
        json!({"path": frozen.path, "steps": frozen.steps})
    }

    fn written(&self, written: &Written) -> Json {
        json!({"path": written.path, "rows": written.rows})
    }

    fn tuning(&self, tuning: &Tuning) -> Json {
        tuning::json(tuning)
    }

    fn ranking(&self, ranking: &Ranking) -> Json {
        ranking::json(ranking)
    }

    fn figures(&self, figures: &Figures) -> Json {
        figures::json(figures)
    }

    fn reported(&self, reported: &Reported) -> Json {
        json!({"path": reported.path})
    }

    fn explanation(&self, explanation: &Explanation) -> Json {
        explanation::json(explanation)
    }
}

/// One object per row.
pub(crate) fn objects(table: &Table) -> Vec<Json> {
    let mut lines = Vec::new();
    pipewright_frame::json::write(table, &mut lines).expect("writing to memory does not fail");
    let object = |line| serde_json::from_str(line).expect("every line is an object");
    String::from_utf8_lossy(&lines).lines().map(object).collect()
}
