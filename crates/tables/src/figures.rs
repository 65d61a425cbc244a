//! Rows of the tables `figures` and `samples`.

use crate::rows::{Names, known};
use figures::{FigureRow, SampleRow, bucket_text};
use files::Cell;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use model::Text;

/// The local date of a day, as it is written.
fn date_text(day: i32) -> String {
    let date = date(1970, 1, 1).checked_add(i64::from(day).days());
    date.unwrap_or(if day < 0 { Date::MIN } else { Date::MAX })
        .to_string()
}

/// The row of table `figures`.
pub fn figure<R>(names: &Names, of: &FigureRow, row: impl FnOnce(&[Cell]) -> R) -> R {
    let readings = &names.readings;
    let reading = of.reading.map(|place| &readings.list[usize::from(place)]);
    let of_reading = |name: fn(&model::Readings, &model::Reading) -> model::Text| {
        reading.map_or_else(model::Text::default, |reading| name(readings, reading))
    };
    let window = of_reading(|readings, reading| readings.windows[reading.window].clone());
    let scope = of_reading(|readings, reading| readings.scopes[reading.scope].name.clone());
    let mode = reading.map_or("", |reading| reading.mode.name());
    let buckets = of.buckets.iter();
    let buckets = buckets.map(|(bucket, count)| (bucket_text(*bucket), count.to_string()));
    let buckets: Vec<(String, String)> = buckets.collect();
    let named = buckets.iter();
    let named = named.map(|(bound, count)| (bound.as_str(), count.as_str()));
    let named: Vec<(&str, &str)> = named.collect();
    let date = date_text(of.day);
    let whole = |number: Option<u8>| number.map_or(Cell::Null, |one| Cell::Int(one.into()));
    let number = |number: Option<f64>| number.map_or(Cell::Null, Cell::Double);
    let denominator = of.denominator.and_then(|number| i64::try_from(number).ok());
    row(&[
        Cell::Text(&names.tenant),
        Cell::Text(&date),
        whole(of.hour),
        Cell::Text(of.figure.name()),
        known(&of.rule),
        known(&window),
        known(&scope),
        known(mode),
        known(of.from_channel.map_or("", model::Channel::name)),
        known(of.channel.map_or("", model::Channel::name)),
        known(&of.segment),
        whole(of.age_days),
        number(of.value()),
        Cell::Double(of.numerator),
        denominator.map_or(Cell::Null, Cell::Int),
        Cell::Map(&named),
        Cell::Bool(of.matured),
        number(of.coverage),
    ])
}

/// The name of a row of table `figures`: the columns that no other row has alike, the segment last.
#[must_use]
pub fn figure_name(names: &Names, of: &FigureRow) -> Text {
    let readings = &names.readings;
    let reading = of.reading.map(|place| &readings.list[usize::from(place)]);
    let (window, scope, mode) = reading.map_or(("", "", ""), |reading| {
        let window = readings.windows[reading.window].as_str();
        let scope = readings.scopes[reading.scope].name.as_str();
        (window, scope, reading.mode.name())
    });
    let number = |number: Option<u8>| number.map_or(String::new(), |number| number.to_string());
    format!(
        "{}/{}/{}/{}/{}/{window}/{scope}/{mode}/{}/{}/{}/{}",
        names.tenant,
        date_text(of.day),
        number(of.hour),
        of.figure.name(),
        of.rule,
        of.from_channel.map_or("", model::Channel::name),
        of.channel.map_or("", model::Channel::name),
        number(of.age_days),
        of.segment
    )
    .into()
}

/// The name of a row of table `samples`.
#[must_use]
pub fn sample_name(names: &Names, of: &SampleRow) -> Text {
    let (date, figure) = (date_text(of.day), of.figure.name());
    let (rule, rank, segment) = (&of.rule, of.rank, &of.segment);
    format!("{}/{date}/{figure}/{rule}/{rank}/{segment}", names.tenant).into()
}

/// The row of table `samples`.
pub fn sample<R>(names: &Names, of: &SampleRow, row: impl FnOnce(&[Cell]) -> R) -> R {
    let contact = &of.sample.contact;
    let link = names.link(contact, &of.sample.root_contact_id);
    let date = date_text(of.day);
    row(&[
        Cell::Text(&names.tenant),
        Cell::Text(&date),
        Cell::Text(of.figure.name()),
        known(&of.rule),
        known(&of.segment),
        Cell::Int(of.rank.into()),
        Cell::Text(&contact.contact_id),
        Cell::Text(contact.channel.name()),
        Cell::Text(&contact.source),
        link.as_deref().map_or(Cell::Null, Cell::Text),
    ])
}
