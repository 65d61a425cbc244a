//! Every topic that the product speaks of, and the stories that stand for it, so that a topic without
//! a story and a story without a topic are seen.

use std::collections::BTreeSet;

/// Section, topic, stories as `file::story`. A topic without a story says after `-` where it is
/// looked at instead.
const TOPICS: &[(&str, &str, &[&str])] = &[
    (
        "Contacts",
        "channels and media",
        &["contacts::a_customer_uses_every_channel_in_a_week"],
    ),
    (
        "Contacts",
        "outcome: stated, inferred, short",
        &[
            "contacts::what_the_platform_states_stands",
            "contacts::the_line_drops",
        ],
    ),
    (
        "Contacts",
        "one contact: legs",
        &[
            "contacts::a_call_is_transferred_twice",
            "contacts::a_leg_that_is_only_transferred_was_handled_until_then",
            "contacts::an_agent_calls_a_colleague_and_the_call_stays_the_customers",
            "contacts::nobody_answers_the_first_leg_but_the_second",
            "contacts::a_chat_is_handed_over_from_the_bot",
            "contacts::every_leg_costs_what_it_costs",
            "contacts::the_video_drops_and_the_customer_joins_again",
            "contacts::two_systems_give_the_same_id_to_different_calls",
        ],
    ),
    (
        "Contacts",
        "one contact: relations and legs by time",
        &[
            "contacts::a_consultation_is_the_same_contact_by_its_relation",
            "contacts::a_relation_names_a_later_leg",
            "contacts::a_relation_to_another_customers_call_joins_nothing",
            "contacts::a_call_is_passed_on_by_its_relation_and_nobody_knows_the_caller",
            "contacts::an_old_exchange_gives_every_leg_an_id_of_its_own",
        ],
    ),
    (
        "Contacts",
        "an event that only completes",
        &[
            "contacts::the_wrap_up_comes_before_the_call",
            "contacts::the_wrap_up_of_a_call_that_never_was",
            "contacts::a_video_appointment_is_a_contact_only_when_the_customer_joins",
        ],
    ),
    (
        "Contacts",
        "versions: greatest update time, rank, absent, null",
        &[
            "contacts::a_correction_changes_what_it_states_and_nothing_else",
            "contacts::a_whole_call_is_said_again_without_its_end",
            "contacts::a_whole_call_whose_end_is_null_ends_when_it_started",
            "contacts::an_older_version_comes_after_a_newer_one",
            "contacts::of_two_tools_on_one_site_the_trusted_one_holds",
            "contacts::a_call_states_no_identifier_any_more",
            "identity::the_latest_number_of_a_call_holds",
        ],
    ),
    (
        "Contacts",
        "versions: duplicate, new version, conflicting",
        &[
            "contacts::the_same_record_comes_three_times",
            "contacts::two_records_contradict_each_other_at_the_same_time",
        ],
    ),
    (
        "Contacts",
        "a correction to another customer",
        &[
            "cases::monday_says_one_customer_and_tuesday_another",
            "cases::a_correction_to_another_customer_counts_once",
            "identity::a_correction_to_a_blocked_customer_takes_nothing_back",
        ],
    ),
    (
        "Contacts",
        "end: stated, inferred, open",
        &[
            "contacts::a_call_that_nobody_closes_ends_by_itself",
            "contacts::the_silence_of_four_hours_has_passed",
            "contacts::a_word_from_the_call_after_it_had_ended_by_itself",
            "contacts::a_call_that_ended_before_it_began",
        ],
    ),
    (
        "Contacts",
        "mail: answer, thanks, end",
        &[
            "mail::a_mail_is_answered",
            "mail::thank_you_within_the_hour_is_no_contact",
            "mail::a_reply_after_the_hour_is_one",
            "mail::somebody_else_says_thank_you",
            "mail::two_agents_answer_the_same_mail",
            "mail::the_last_of_several_waiting_mails_gets_the_answers_work",
            "mail::the_answer_is_known_before_the_mail",
            "mail::nobody_answers_for_thirty_days",
            "mail::a_mail_waits_and_is_still_open",
            "mail::a_thread_is_closed_without_an_answer",
            "mail::a_late_answer_makes_a_chase_a_word_of_thanks",
            "mail::who_says_thanks_says_who_wrote",
            "mail::a_colleague_says_thanks_and_the_mail_stays_the_writers",
            "mail::a_whole_mail_out_of_the_crm",
        ],
    ),
    (
        "Contacts",
        "mail: chase, another customer's chase, the brand's own, thread",
        &[
            "mail::the_customer_chases_his_mail",
            "mail::another_customer_chases_in_the_same_thread",
            "mail::the_brand_writes_first",
            "mail::the_same_subject_is_not_the_same_thread",
        ],
    ),
    (
        "Contacts",
        "mail: automatic",
        &[
            "mail::an_automatic_reply_answers_nothing",
            "mail::an_out_of_office_note_is_no_contact",
        ],
    ),
    (
        "Contacts",
        "visit: devices, silence, the tool's id, late pages",
        &[
            "visits::half_an_hour_of_silence_parts_two_visits",
            "visits::a_late_page_joins_two_visits",
            "visits::a_late_page_withdraws_the_alert_of_two_visits",
            "visits::a_late_page_turns_out_to_be_the_first",
            "visits::the_tool_says_what_a_visit_is",
            "visits::two_devices_are_two_visits",
            "visits::a_whole_visit_in_one_record",
        ],
    ),
    (
        "Contacts",
        "visit: login late",
        &[
            "visits::the_customer_logs_in_at_the_end_of_the_visit",
            "visits::a_login_days_later_claims_the_visits_before",
        ],
    ),
    (
        "Contacts",
        "visit: assistance",
        &[
            "visits::the_advisor_shows_the_customer_the_way_on_the_site",
            "visits::a_visit_during_a_call_from_the_brand_is_assistance_too",
            "visits::a_visit_while_a_mail_waits_is_no_assistance",
            "visits::a_brand_that_counts_visits_during_calls",
            "visits::a_visit_inside_two_calls_that_are_one",
        ],
    ),
    (
        "Contacts",
        "reason: provenance, codes, the page's reason",
        &[
            "contacts::the_agent_knows_better_than_the_ivr_and_the_ivr_better_than_the_queue",
            "contacts::the_agent_takes_the_reason_back",
            "contacts::the_page_before_the_call_lends_its_reason",
            "contacts::only_a_page_lends_its_reason",
        ],
    ),
    (
        "Contacts",
        "steps",
        &[
            "visits::addresses_and_pages_become_steps",
            "visits::a_visit_to_the_home_page_does_not_count",
            "visits::a_brand_that_counts_every_visit",
        ],
    ),
    (
        "Contacts",
        "unknown customers",
        &["contacts::withheld_numbers_are_nobody"],
    ),
    (
        "Contacts",
        "signals of a contact, markers",
        &[
            "contacts::surveys_and_compensations_belong_to_the_call",
            "contacts::the_customer_answers_the_survey_twice",
            "contacts::a_release_is_marked",
        ],
    ),
    (
        "Roles",
        "handled, failed",
        &[
            "roles::a_handled_contact_is_prior_follower_and_origin",
            "roles::a_dropped_line_counts_as_answered",
        ],
    ),
    (
        "Roles",
        "abandoned, unanswered",
        &[
            "roles::an_abandoned_call_is_retried",
            "roles::an_unanswered_mail_is_retried",
        ],
    ),
    (
        "Roles",
        "contained",
        &["roles::a_bot_contains_and_is_no_origin"],
    ),
    ("Roles", "short", &["roles::a_short_call_counts_as_nothing"]),
    (
        "Roles",
        "visits",
        &["roles::visits_with_and_without_a_service_step"],
    ),
    (
        "Roles",
        "scheduled",
        &["roles::an_agreed_call_back_may_settle_the_matter_and_follows_nothing"],
    ),
    (
        "Roles",
        "outbound",
        &["roles::a_call_from_the_brand_counts_as_nothing"],
    ),
    (
        "Roles",
        "the tenant's rows",
        &["roles::a_tenants_row_stands_before_the_table"],
    ),
    (
        "Roles",
        "presumed while open",
        &["roles::a_contact_is_presumed_to_count_while_it_is_open"],
    ),
    (
        "Windows",
        "calendar, rolling, inclusive bounds",
        &[
            "windows::the_seventh_day_is_inside_until_midnight",
            "windows::again_on_the_same_day",
            "windows::twenty_four_hours_to_the_millisecond",
        ],
    ),
    (
        "Windows",
        "nights of a clock change",
        &[
            "windows::the_day_of_twenty_three_hours",
            "windows::the_day_of_twenty_five_hours",
            "windows::a_day_in_santiago_that_begins_at_one",
            "windows::a_window_that_closes_at_a_midnight_that_is_not_there",
            "windows::a_midnight_in_havana_that_comes_twice",
        ],
    ),
    (
        "Windows",
        "working days",
        &[
            "windows::two_working_days_over_a_sunday_and_a_holiday",
            "windows::a_contact_on_a_sunday_begins_to_count_on_monday",
        ],
    ),
    (
        "Windows",
        "from end, from start",
        &[
            "windows::a_long_call_measured_from_its_end_and_from_its_start",
            "windows::the_bank_measures_from_the_start",
        ],
    ),
    (
        "Windows",
        "scopes, modes, depth",
        &[
            "windows::the_phone_and_the_chat_in_three_scopes",
            "windows::the_same_reason_to_two_levels",
            "windows::an_unknown_reason_equals_nothing",
        ],
    ),
    (
        "Windows",
        "order",
        &["windows::two_contacts_begin_in_the_same_instant"],
    ),
    (
        "Windows",
        "prior, gap, overlap, next",
        &["cases::contacts_that_overlap"],
    ),
    (
        "Windows",
        "count, class, rank",
        &["cases::days_zero_six_and_twelve"],
    ),
    (
        "Windows",
        "session, cost",
        &[
            "windows::what_does_not_take_part_never_lengthens_a_session",
            "windows::sessions_with_what_they_cost",
            "windows::a_session_that_is_still_running",
        ],
    ),
    (
        "Verdicts",
        "the table",
        &["verdicts::every_verdict_that_there_is"],
    ),
    (
        "Verdicts",
        "origin",
        &["verdicts::a_repeat_is_never_an_origin"],
    ),
    (
        "Verdicts",
        "pending, provisional, final",
        &[
            "verdicts::nobody_comes_back_until_the_window_has_passed",
            "verdicts::the_customer_comes_back_and_comes_back",
            "verdicts::a_call_that_drags_on_moves_its_own_window",
            "verdicts::an_unknown_caller_is_undecidable_at_once",
        ],
    ),
    (
        "Verdicts",
        "revised",
        &[
            "verdicts::a_late_call_revises_a_final_verdict",
            "verdicts::a_correction_revises_a_final_verdict",
            "verdicts::a_late_identity_revises_a_final_verdict",
        ],
    ),
    (
        "Bounds",
        "lateness - the clocks of sources are the service's",
        &[],
    ),
    (
        "Bounds",
        "acceptance",
        &["bounds::an_event_older_than_its_log_by_a_month_is_too_late"],
    ),
    (
        "Bounds",
        "reach",
        &[
            "identity::a_login_reaches_thirty_days_back_and_no_further",
            "identity::a_second_owner_reaches_thirty_days_back_and_no_further",
            "identity::an_unlink_reaches_thirty_days_back_and_no_further",
        ],
    ),
    (
        "Bounds",
        "retention - nothing is let go before it in one process",
        &[],
    ),
    (
        "Bounds",
        "cap",
        &["bounds::a_customer_with_too_many_contacts_keeps_the_newest"],
    ),
    (
        "Bounds",
        "clocks are data",
        &[
            "bounds::clocks_that_cannot_be",
            "bounds::times_are_read_with_any_offset",
        ],
    ),
    (
        "Bounds",
        "the end that was asked for",
        &["bounds::nothing_is_looked_at_after_the_end_that_was_asked_for"],
    ),
    ("Bounds", "quiet and silent sources - the service's", &[]),
    (
        "Figures",
        "rates of a reading",
        &["verdicts::every_verdict_that_there_is"],
    ),
    (
        "Figures",
        "coverage",
        &["contacts::withheld_numbers_are_nobody"],
    ),
    (
        "Figures",
        "cost, avoidable cost",
        &["windows::sessions_with_what_they_cost"],
    ),
    (
        "Alerts",
        "what an alert says",
        &[
            "alerts::the_third_time_in_seven_days",
            "alerts::twice_today_for_the_same_reason",
        ],
    ),
    (
        "Alerts",
        "raised at the first event",
        &["alerts::the_alert_is_raised_while_the_customer_is_waiting"],
    ),
    (
        "Alerts",
        "revised, withdrawn",
        &[
            "alerts::a_late_event_revises_instead_of_a_new_alert",
            "alerts::a_correction_withdraws_the_alert",
            "alerts::an_alert_that_was_withdrawn_stands_again",
        ],
    ),
    (
        "Alerts",
        "cool-down",
        &[
            "alerts::no_second_alert_within_a_day_of_a_standing_one",
            "alerts::a_withdrawn_alert_lets_the_suppressed_one_stand",
            "alerts::a_policy_without_cool_down_tells_every_one",
        ],
    ),
    (
        "Alerts",
        "policies",
        &[
            "alerts::policies_for_a_channel_a_reason_and_a_tier",
            "alerts::how_many_a_policy_would_have_raised",
        ],
    ),
    (
        "Alerts",
        "only followers, retries too",
        &[
            "alerts::only_followers_raise",
            "alerts::retries_are_told_too",
        ],
    ),
    (
        "Alerts",
        "journey rules, JourneyDegraded - not built yet",
        &[],
    ),
    (
        "Identity",
        "unique ids, also declared ones",
        &[
            "identity::the_customer_id_says_it_all",
            "identity::a_brand_without_customer_ids_declares_the_mail_address",
        ],
    ),
    (
        "Identity",
        "normalised and blocked",
        &[
            "identity::a_number_is_the_same_however_it_is_written",
            "identity::identifiers_that_mean_nobody",
        ],
    ),
    (
        "Identity",
        "one handle is asked",
        &[
            "identity::only_the_strongest_handle_is_asked",
            "identity::a_device_is_the_weakest_handle_whatever_the_order",
            "identity::two_handles_are_never_joined_without_a_customer",
            "identity::a_number_that_nobody_owns_is_a_customer_itself",
        ],
    ),
    (
        "Identity",
        "the only owner, second owners, confidence",
        &[
            "identity::the_number_belongs_to_its_only_owner",
            "identity::a_household_shares_a_line",
            "identity::a_second_owner_appears_later",
            "identity::a_verified_number_of_its_owner",
        ],
    ),
    (
        "Identity",
        "life of a link",
        &[
            "identity::a_number_is_forgotten_after_four_hundred_days",
            "identity::a_browser_is_forgotten_after_thirty_days",
        ],
    ),
    (
        "Identity",
        "linked, unlinked",
        &[
            "identity::the_crm_links_a_mail_address",
            "identity::the_crm_unlinks_a_number_that_was_given_up",
            "identity::an_unlink_tells_its_customer_live",
        ],
    ),
    (
        "Identity",
        "quarantine",
        &[
            "identity::a_switchboard_means_too_many_people",
            "identity::a_test_account_means_too_many_people",
            "identity::the_third_call_of_the_day_quarantines_the_two_before",
        ],
    ),
    (
        "Identity",
        "keyed hashes",
        &["bounds::a_number_is_found_nowhere_behind_the_door"],
    ),
    ("Identity", "erasure - the service's", &[]),
    (
        "Bad input",
        "closed lists, both equations",
        &[
            "bounds::records_that_cannot_be_used",
            "bounds::a_kind_that_nobody_knows_is_kept_as_activity",
        ],
    ),
    (
        "Cases",
        "1",
        &["cases::monday_says_one_customer_and_tuesday_another"],
    ),
    (
        "Cases",
        "2",
        &[
            "cases::a_household_number_at_the_start_and_the_customer_id_at_the_end",
            "cases::a_household_call_moves_when_its_customer_is_known",
        ],
    ),
    (
        "Cases",
        "3 - a partition that stands still is the service's",
        &[],
    ),
    ("Cases", "4 - a silent topic is the service's", &[]),
    ("Cases", "5", &["cases::answered_abandoned_answered"]),
    ("Cases", "6", &["cases::contacts_that_overlap"]),
    ("Cases", "7", &["cases::another_matter_in_between"]),
    ("Cases", "8", &["cases::days_zero_six_and_twelve"]),
    ("Cases", "9 - transactions are the service's", &[]),
    ("Cases", "10 - the board's", &[]),
    ("Cases", "11 - transactions are the service's", &[]),
    (
        "Cases",
        "12",
        &["bounds::a_number_is_found_nowhere_behind_the_door"],
    ),
    (
        "Cases",
        "13",
        &["cases::idle_nights_and_a_replay_on_another_day"],
    ),
    (
        "Cases",
        "14",
        &["cases::two_thousand_verdicts_are_due_at_the_same_midnight"],
    ),
];

const FILES: &[(&str, &str)] = &[
    ("alerts", include_str!("alerts.rs")),
    ("bounds", include_str!("bounds.rs")),
    ("cases", include_str!("cases.rs")),
    ("contacts", include_str!("contacts.rs")),
    ("identity", include_str!("identity.rs")),
    ("mail", include_str!("mail.rs")),
    ("roles", include_str!("roles.rs")),
    ("verdicts", include_str!("verdicts.rs")),
    ("visits", include_str!("visits.rs")),
    ("windows", include_str!("windows.rs")),
];

/// The stories of all files, as `file::story`.
fn stories() -> BTreeSet<String> {
    let of_file = |(file, text): &(&str, &str)| {
        let names = text
            .lines()
            .filter_map(|line| line.strip_prefix("fn ")?.strip_suffix("() {"));
        names
            .map(|name| format!("{file}::{name}"))
            .collect::<Vec<_>>()
    };
    FILES.iter().flat_map(of_file).collect()
}

#[test]
fn every_topic_has_a_story_and_every_story_a_topic() {
    let written = stories();
    let named: BTreeSet<String> = TOPICS
        .iter()
        .flat_map(|(_, _, stories)| *stories)
        .map(|story| (*story).to_string())
        .collect();
    let missing: Vec<&String> = named.difference(&written).collect();
    assert!(
        missing.is_empty(),
        "these stories are not written: {missing:#?}"
    );
    let untold: Vec<&String> = written.difference(&named).collect();
    assert!(
        untold.is_empty(),
        "these stories stand for no topic: {untold:#?}"
    );
    let bare = TOPICS
        .iter()
        .filter(|(_, topic, stories)| stories.is_empty() && !topic.contains(" - "));
    assert_eq!(bare.count(), 0, "a topic without a story says why");
}

#[test]
fn every_section_is_there() {
    let sections: BTreeSet<&str> = TOPICS.iter().map(|(section, _, _)| *section).collect();
    let expected = [
        "Alerts",
        "Bad input",
        "Bounds",
        "Cases",
        "Contacts",
        "Figures",
        "Identity",
        "Roles",
        "Verdicts",
        "Windows",
    ];
    assert_eq!(sections, BTreeSet::from(expected));
}
