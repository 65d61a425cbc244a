//! The description of the API: made of the table of routes and of the types that are answered.

use super::{Answer, ROUTES, Route};
use crate::http::gate::Who;
use crate::http::problem::Problem;
use crate::views::{AlertDetail, Asked, FigureItem, SessionDetail, View};
use serde_json::{Value, json};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(components(schemas(View, FigureItem, AlertDetail, SessionDetail, Asked, Who, Problem)))]
struct Schemas;

/// The description as OpenAPI 3.1.
#[must_use]
pub fn description() -> Value {
    let schemas = serde_json::to_value(Schemas::openapi()).unwrap_or_default();
    let mut paths = serde_json::Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ricochet",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the live board shows. Times are UTC; dates are local dates of the centre.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas["components"]["schemas"],
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "basic": { "type": "http", "scheme": "basic" },
            },
        },
        "security": [{ "bearer": [] }, { "basic": [] }, {}],
    })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn operation(route: &Route) -> Value {
    let (content, paged) = match route.answer {
        Answer::One(schema) => (
            json!({ "application/json": { "schema": reference(schema) } }),
            false,
        ),
        Answer::Rows(schema) => {
            let rows = json!({
                "type": "object",
                "required": ["rows", "next"],
                "properties": {
                    "rows": { "type": "array", "items": reference(schema) },
                    "next": {
                        "type": ["string", "null"],
                        "description": "The cursor of the next page; null: this is the last one.",
                    },
                },
            });
            let csv = json!({ "schema": { "type": "string" } });
            (
                json!({ "application/json": { "schema": rows }, "text/csv": csv }),
                true,
            )
        }
        Answer::Events => (
            json!({ "text/event-stream": { "schema": { "type": "string" } } }),
            false,
        ),
        Answer::Description => (
            json!({ "application/json": { "schema": { "type": "object" } } }),
            false,
        ),
    };
    let mut parameters: Vec<Value> = in_path(route.path);
    let of_query = |(name, says): (&str, &str)| json!({ "name": name, "in": "query", "description": says, "schema": { "type": "string" } });
    parameters.extend(route.query.iter().map(|pair| of_query(*pair)));
    if paged {
        parameters.push(of_query((
            "format",
            "`json` or `csv`; default: what `Accept` asks for.",
        )));
        if pages(route) {
            parameters.push(of_query((
                "limit",
                "Rows of a page, 1 to 10000; default 100.",
            )));
            parameters.push(of_query(("cursor", "`next` of the page before.")));
        }
    }
    let problem = json!({ "application/problem+json": { "schema": reference("Problem") } });
    let mut operation = json!({
        "summary": route.says,
        "parameters": parameters,
        "responses": {
            "200": { "description": "What was asked for.", "content": content },
            "default": { "description": "Why there is no answer.", "content": problem },
        },
    });
    if let Some(body) = route.body {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": reference(body) } },
        });
    }
    operation
}

/// Whether a table comes page by page: those of the view are short.
fn pages(route: &Route) -> bool {
    matches!(
        route.path,
        "/api/v1/figures" | "/api/v1/alerts" | "/api/v1/sessions"
    )
}

fn in_path(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    names.map(parameter).collect()
}
