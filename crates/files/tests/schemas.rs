//! The output schemas against the list of columns that is the contract with users.

use files::{ColumnKind, TABLE_NAMES, Table};

const CONTRACT: &[(&str, &str)] = &[
    (
        "contacts",
        "tenant contact_id channel source root_contact_id thread_id customer medium direction \
         initiation started_at ended_at end_kind outcome reason reason_source queue agent team site \
         tier party may_contact page disposition wait_ms handle_ms legs cost satisfaction prior_role \
         follower origin not_counted_because capped identified_by confidence link attributes \
         superseded_by revision",
    ),
    (
        "verdicts",
        "tenant contact_id channel source customer window scope reason_mode verdict status class \
         prior_contact_id gap_ms overlap count rank session_id next_contact_id origin \
         channel_changed due_at revision cause",
    ),
    (
        "sessions",
        "tenant customer session_id started_at ended_at contacts repeats retries channels reasons \
         cost avoidable_cost complete last_outcome",
    ),
    (
        "alerts",
        "tenant alert_id type name version status revision cause customer contact_id channel source \
         link readings count rank gap_ms origin_contact_id prior_contact_id channels reasons cost \
         tier may_contact identified_by confidence event_at details",
    ),
    (
        "journeys",
        "tenant rule version entry_id customer contact_id channel source entered_at decided_at \
         status step_ids segment cost revision cause",
    ),
    (
        "figures",
        "tenant date hour figure rule window scope reason_mode from_channel channel segment age_days \
         value numerator denominator buckets matured coverage",
    ),
    (
        "samples",
        "tenant date figure rule segment rank contact_id channel source link",
    ),
    ("markers", "tenant at kind name attributes"),
    (
        "dead_letters",
        "topic partition offset line reason detail hash",
    ),
];

#[test]
fn columns_are_those_of_the_contract_in_its_order() {
    assert_eq!(TABLE_NAMES.len(), CONTRACT.len());
    for (name, columns) in CONTRACT {
        let table = Table::named(name).expect("the table is there");
        let found: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(
            found,
            columns.split_whitespace().collect::<Vec<_>>(),
            "{name}"
        );
    }
    assert!(Table::named("attic").is_none());
}

#[test]
fn schemas_are_avro_and_every_field_is_explained() {
    for table in Table::all() {
        let schema = apache_avro::Schema::parse_str(table.schema).expect("valid Avro");
        let apache_avro::Schema::Record(record) = &schema else {
            panic!("{} is no record", table.name)
        };
        assert_eq!(record.name.namespace(), Some("ricochet"));
        assert_eq!(record.fields.len(), table.columns.len());
        for column in &table.columns {
            assert!(column.doc.ends_with('.'), "{}.{}", table.name, column.name);
            assert_eq!(
                column.nullable,
                column.doc.contains("Empty:"),
                "{}.{}",
                table.name,
                column.name
            );
        }
    }
}

#[test]
fn kinds_are_read_from_the_schema() {
    let kind = |table: &str, column: &str| {
        let table = Table::named(table).expect("the table is there");
        table.columns[table.column(column).expect("the column is there")].kind
    };
    assert_eq!(kind("verdicts", "due_at"), ColumnKind::Time);
    assert_eq!(kind("verdicts", "gap_ms"), ColumnKind::Long);
    assert_eq!(kind("verdicts", "count"), ColumnKind::Int);
    assert_eq!(kind("verdicts", "overlap"), ColumnKind::Bool);
    assert_eq!(kind("contacts", "cost"), ColumnKind::Double);
    assert_eq!(kind("contacts", "attributes"), ColumnKind::TextMap);
    assert_eq!(kind("alerts", "readings"), ColumnKind::TextList);
}
