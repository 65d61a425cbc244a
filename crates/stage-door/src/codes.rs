//! Codes of the sources become the tenant's words.

use crate::Door;
use crate::clocks::Counts;
use model::{Channel, Event, Field, Provenance, StepStatus, Text, Value};

/// States a field, whatever was stated before.
pub(crate) fn set(fields: &mut Vec<(Field, Value)>, field: Field, value: Value) {
    match fields.iter_mut().find(|(stated, _)| *stated == field) {
        Some((_, stated)) => *stated = value,
        None => fields.push((field, value)),
    }
}

/// Takes a field's statement out of an event.
fn take(fields: &mut Vec<(Field, Value)>, field: Field) -> Option<Value> {
    let place = fields.iter().position(|(stated, _)| *stated == field)?;
    Some(fields.swap_remove(place).1)
}

/// Cuts query and fragment off the URL: they may hold anything of anybody.
pub(crate) fn strip_url(event: &mut Event) {
    let url = event
        .fields
        .iter_mut()
        .find(|(field, _)| *field == Field::Url);
    if let Some((_, value @ Value::Text(_))) = url
        && let Value::Text(text) = value
        && let Some(end) = text.find(['?', '#'])
    {
        text.truncate(end);
        if text.is_empty() {
            *value = Value::Null;
        }
    }
}

fn reason_of(provenance: Provenance) -> Field {
    match provenance {
        Provenance::Page => Field::ReasonPage,
        Provenance::Queue => Field::ReasonQueue,
        Provenance::Declared => Field::ReasonDeclared,
        Provenance::Qualified => Field::ReasonQualified,
    }
}

impl Door {
    /// Replaces the source's codes by what the tables say; what no table knows is counted.
    pub(crate) fn map_codes(&self, event: &mut Event, counts: &mut Counts) {
        let asks = |field: Field| {
            matches!(
                field,
                Field::ReasonCode
                    | Field::ReasonSource
                    | Field::Queue
                    | Field::Disposition
                    | Field::Url
            )
        };
        // What an event of a page can be mapped by, its kind, every web event states.
        let is_web = event.channel == Channel::Web;
        if !is_web && !event.fields.iter().any(|(field, _)| asks(*field)) {
            return;
        }
        self.map_reason_code(event, counts);
        self.map_queue(event);
        self.map_disposition(event);
        let url = take(&mut event.fields, Field::Url);
        if is_web {
            self.map_step(event, url, counts);
        }
    }

    /// A code states its path under the event's provenance, where the event states none itself.
    fn map_reason_code(&self, event: &mut Event, counts: &mut Counts) {
        let stated = take(&mut event.fields, Field::ReasonSource);
        let Some(Value::Text(code)) = take(&mut event.fields, Field::ReasonCode) else {
            return;
        };
        let provenance = match stated {
            Some(Value::Text(word)) => Provenance::from_name(&word),
            _ => None,
        };
        let field = reason_of(provenance.unwrap_or(Provenance::Qualified));
        match self.tables.reasons.word(&event.source, &code) {
            None => counts.unmapped_code(&event.source, &code, 1),
            Some(path) if event.stated(field).is_none() => {
                event.fields.push((field, Value::Text(path.clone())));
            }
            Some(_) => {}
        }
    }

    fn map_queue(&self, event: &mut Event) {
        let path = event
            .text(Field::Queue)
            .and_then(|queue| self.tables.queues.word(&event.source, queue));
        if let Some(path) = path.cloned()
            && event.stated(Field::ReasonQueue).is_none()
        {
            event.fields.push((Field::ReasonQueue, Value::Text(path)));
        }
    }

    /// A disposition that no row knows may be the tenant's word already.
    fn map_disposition(&self, event: &mut Event) {
        let disposition = event
            .fields
            .iter_mut()
            .find(|(field, _)| *field == Field::Disposition);
        if let Some((_, Value::Text(code))) = disposition
            && let Some(word) = self.tables.dispositions.word(&event.source, code)
        {
            code.clone_from(word);
        }
    }

    /// The step is the event's own, or what the table says; the page's name likewise; the reason of
    /// the page is what the table says.
    fn map_step(&self, event: &mut Event, url: Option<Value>, counts: &mut Counts) {
        let url = match &url {
            Some(Value::Text(url)) => Some(url.as_str()),
            _ => None,
        };
        let page = event.text(Field::Page);
        let own_step = event.text(Field::Step).is_some();
        let row = self
            .tables
            .steps
            .row(url, page.map(Text::as_str), event.kind.name());
        if url.is_some() || page.is_some() {
            counts.pages += 1;
            counts.pages_unmapped += u64::from(row.is_none() && !own_step);
        }
        let has_page = page.is_some();
        let fields = &mut event.fields;
        if own_step && !fields.iter().any(|(field, _)| *field == Field::StepStatus) {
            fields.push((Field::StepStatus, Value::StepStatus(StepStatus::Completed)));
        }
        let Some(row) = row else { return };
        if !own_step && !row.step.is_empty() {
            set(fields, Field::Step, Value::Text(row.step.clone()));
            set(fields, Field::StepStatus, Value::StepStatus(row.status));
        }
        if !has_page && !row.page.is_empty() {
            set(fields, Field::Page, Value::Text(row.page.clone()));
        }
        if !row.reason.is_empty() {
            set(fields, Field::ReasonPage, Value::Text(row.reason.clone()));
        }
    }
}
