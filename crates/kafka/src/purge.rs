//! Deleting records of our own topics that every task has read.

use crate::admin::{admin, options};
use crate::errors::Seldom;
use crate::producer::offsets_list;
use crate::settings::Settings;
use rdkafka::error::KafkaError;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use worker::service::{Purge, TopicPartition};

/// Records that are being deleted, on a thread of its own: the cluster may take its time.
pub(crate) struct Purging {
    before: Vec<(TopicPartition, i64)>,
    said: Receiver<Purge>,
}

/// Goes on with what is being deleted, or begins with it.
pub(crate) fn purge(
    going: &mut Option<Purging>,
    settings: &Settings,
    before: &[(TopicPartition, i64)],
    seldom: &Seldom,
) -> Purge {
    let Some(purging) = going else {
        *going = Some(begin(settings, before));
        return Purge::Going;
    };
    let is_it = purging.before == before;
    let purge = match purging.said.try_recv() {
        Err(TryRecvError::Empty) => return Purge::Going,
        Err(TryRecvError::Disconnected) => Purge::Refused("the thread has ended".to_owned()),
        Ok(purge) => purge,
    };
    *going = None;
    if let (Purge::Refused(why), true) = (&purge, seldom.now()) {
        tracing::warn!(
            why,
            "records that everybody has read cannot be deleted; the right `Delete` on our topics \
             is needed"
        );
    }
    if is_it { purge } else { Purge::Going }
}

fn begin(settings: &Settings, before: &[(TopicPartition, i64)]) -> Purging {
    let (say, said) = sync_channel(1);
    let (settings, list) = (settings.clone(), before.to_vec());
    let delete = move || {
        let purge = match delete(&settings, &list) {
            Ok(()) => Purge::Done,
            Err(why) => Purge::Refused(why),
        };
        let _ = say.send(purge);
    };
    let started = std::thread::Builder::new()
        .name("purge".to_owned())
        .spawn(delete);
    // Without a thread the channel is closed, which says enough.
    drop(started);
    Purging {
        before: before.to_vec(),
        said,
    }
}

fn delete(settings: &Settings, before: &[(TopicPartition, i64)]) -> Result<(), String> {
    let admin = admin(settings).map_err(|error| error.to_string())?;
    let told = |error: KafkaError| error.to_string();
    let list = offsets_list(before);
    let deleted = pollster::block_on(admin.delete_records(&list, &options())).map_err(told)?;
    for element in deleted.elements() {
        let place = format!("{}/{}", element.topic(), element.partition());
        element
            .error()
            .map_err(|error| format!("{place}: {error}"))?;
    }
    Ok(())
}
