//! Offsets and members of groups, outside any transaction.

use super::AdminError;
use super::cluster::ANSWER_WITHIN;
use super::speaker::{Speaker, speaker};
use crate::consumer::list_of;
use crate::producer::offsets_list;
use crate::settings::Settings;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::topic_partition_list::Offset;
use worker::service::TopicPartition;

/// Commits offsets for a group that has no members now.
///
/// # Errors
/// The cluster cannot be reached, or the group has members.
pub fn commit_offsets(
    settings: &Settings,
    group: &str,
    offsets: &[(TopicPartition, i64)],
) -> Result<(), AdminError> {
    let what = format!("start offsets of group {group}");
    speaker(settings, group)?
        .commit(&offsets_list(offsets), CommitMode::Sync)
        .map_err(|error| AdminError::of(settings, &what, &error))
}

/// The offsets that a group has committed of some partitions, in their order.
pub(super) fn committed(
    settings: &Settings,
    client: &Speaker,
    group: &str,
    partitions: &[TopicPartition],
) -> Result<Vec<Option<i64>>, AdminError> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let what = format!("offsets of group {group}");
    let failed = |error| AdminError::of(settings, &what, &error);
    let list = list_of(partitions, Offset::Invalid);
    let found = client
        .committed_offsets(list, ANSWER_WITHIN)
        .map_err(failed)?;
    let mut offsets = Vec::new();
    for of in partitions {
        let element = found.find_partition(&of.topic, of.partition.cast_signed());
        let element = element.ok_or_else(|| AdminError::Refused {
            what: what.clone(),
            why: format!("no answer for {of}"),
        })?;
        element.error().map_err(failed)?;
        offsets.push(match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        });
    }
    Ok(offsets)
}

/// The client ids of a group's members.
pub(super) fn members(
    settings: &Settings,
    client: &Speaker,
    group: &str,
) -> Result<Vec<String>, AdminError> {
    let what = format!("members of group {group}");
    let list = client
        .fetch_group_list(Some(group), ANSWER_WITHIN)
        .map_err(|error| AdminError::of(settings, &what, &error))?;
    let members = list
        .groups()
        .iter()
        .flat_map(rdkafka::groups::GroupInfo::members);
    Ok(members
        .map(|member| member.client_id().to_owned())
        .collect())
}
