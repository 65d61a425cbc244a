//! Answers: JSON or CSV, with a tag by which a client knows what it has already.

use super::problem::Problem;
use super::query::Query;
use axum::body::Body;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_128;

/// A page of rows.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    /// Where the next page begins; nothing: there is none.
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    pub(super) fn whole(rows: Vec<T>) -> Page<T> {
        Page { rows, next: None }
    }
}

/// How rows are asked for.
fn is_csv(query: &Query, headers: &HeaderMap) -> Result<bool, Problem> {
    match query.get("format") {
        Some("csv") => return Ok(true),
        Some("json") => return Ok(false),
        Some(_) => return Err(Problem::wrong("format: allowed: json, csv")),
        None => {}
    }
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    Ok(accept.is_some_and(|accept| accept.contains("text/csv") && !accept.contains("json")))
}

/// One value as JSON.
pub(super) fn one(value: &impl Serialize, headers: &HeaderMap) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => tagged(body, "application/json", headers),
        Err(error) => broken(&error.to_string()),
    }
}

/// Rows as JSON or CSV.
pub(super) fn rows<T: Serialize>(
    page: &Page<T>,
    table: &str,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let is_csv = is_csv(query, headers)?;
    let mut response = if is_csv {
        let body = csv(&page.rows)
            .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        let mut response = tagged(body, "text/csv; charset=utf-8; header=present", headers);
        let name = format!("attachment; filename=\"ricochet-{table}.csv\"");
        if let Ok(name) = HeaderValue::from_str(&name) {
            response.headers_mut().insert(CONTENT_DISPOSITION, name);
        }
        response
    } else {
        one(
            &serde_json::json!({ "rows": page.rows, "next": page.next }),
            headers,
        )
    };
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("accept"));
    if let Some(next) = &page.next
        && let Ok(link) = HeaderValue::from_str(&format!("<?cursor={next}>; rel=\"next\""))
    {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

fn tagged(body: Vec<u8>, kind: &'static str, headers: &HeaderMap) -> Response {
    let tag = format!("\"{:032x}\"", xxh3_128(&body));
    let asked = headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let has_it = asked.is_some_and(|asked| {
        let mut tags = asked
            .split(',')
            .map(|one| one.trim().trim_start_matches("W/"));
        tags.any(|one| one == tag || one == "*")
    });
    let fixed = [
        (
            ETAG,
            HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\"")),
        ),
        // Kept by nobody but who asked, and asked again each time.
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    if has_it {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    (fixed, [(CONTENT_TYPE, kind)], Body::from(body)).into_response()
}

fn broken(why: &str) -> Response {
    tracing::error!(why, "an answer could not be written");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "").into_response()
}

/// Rows with one column for each field; fields of fields are `a.b`, lists stand with `;` between.
fn csv<T: Serialize>(rows: &[T]) -> Result<Vec<u8>, csv::Error> {
    let mut flat: Vec<Vec<(String, String)>> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut cells = Vec::new();
        flatten(
            "",
            &serde_json::to_value(row).unwrap_or_default(),
            &mut cells,
        );
        flat.push(cells);
    }
    let mut columns: Vec<String> = Vec::new();
    for cells in &flat {
        for (place, (name, _)) in cells.iter().enumerate() {
            if !columns.contains(name) {
                columns.insert(place.min(columns.len()), name.clone());
            }
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    if !columns.is_empty() {
        writer.write_record(&columns)?;
    }
    for cells in &flat {
        let value = |column: &String| {
            let found = cells.iter().find(|(name, _)| name == column);
            found.map_or("", |(_, value)| value.as_str())
        };
        writer.write_record(columns.iter().map(value))?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

fn flatten(name: &str, value: &Value, cells: &mut Vec<(String, String)>) {
    let inside = |key: &str| {
        if name.is_empty() {
            key.to_owned()
        } else {
            format!("{name}.{key}")
        }
    };
    match value {
        Value::Object(object) => {
            let object: &Map<String, Value> = object;
            for (key, value) in object {
                flatten(&inside(key), value, cells);
            }
        }
        Value::Array(list) => {
            let plain = list
                .iter()
                .filter(|one| !one.is_object() && !one.is_array());
            let texts: Vec<String> = plain.map(cell).collect();
            // Lists of things are tables of their own.
            if texts.len() == list.len() {
                cells.push((name.to_owned(), safe(texts.join(";"))));
            }
        }
        other => cells.push((name.to_owned(), safe(cell(other)))),
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text that a spreadsheet would take for a formula begins with an apostrophe.
fn safe(text: String) -> String {
    let is_number = text.parse::<f64>().is_ok();
    if !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::csv;
    use serde_json::json;

    #[test]
    fn rows_become_columns_and_no_text_becomes_a_formula() {
        let rows = [
            json!({ "name": "=cmd()", "share": { "numerator": -1.5, "value": null }, "list": ["a", "b"] }),
            json!({ "name": "x,\"y\"", "share": { "numerator": 2, "value": 0.5 }, "list": [] }),
        ];
        let text = String::from_utf8(csv(&rows).unwrap()).unwrap();
        assert_eq!(
            text,
            "list,name,share.numerator,share.value\na;b,'=cmd(),-1.5,\n,\"x,\"\"y\"\"\",2,0.5\n"
        );
        assert_eq!(csv::<i32>(&[]).unwrap(), b"");
    }
}
