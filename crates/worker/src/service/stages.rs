//! A stage of one process, whichever it is.

use crate::engine::Engine;
use crate::service::coordinator::Tasks;
use crate::service::door::{Decode, DoorWork};
use crate::service::erasing::Erases;
use crate::service::keyed::Keyed;
use crate::service::outlet::Encode;
use crate::service::pace::Pace;
use crate::service::port::{Port, PortError, TopicPartition};
use crate::service::runner::{Loop, Stepped};
use crate::service::sources::Sources;
use crate::service::stats::{Reasons, Stats};
use crate::service::topics::{ERASURES, StageName, topic_name};
use model::Text;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stage_contacts::Contacts;
use stage_customers::Customers;
use stage_handles::Handles;
use std::sync::Arc;
use std::time::Duration;

/// What every stage of an application has in common.
#[derive(Clone, Debug)]
pub struct Application {
    /// Prefix of topics, groups and transactional ids.
    pub id: Text,
    /// The sources, and the topics that the door reads.
    pub sources: Arc<Sources>,
    /// How transactions are cut.
    pub pace: Pace,
    /// So long after an erasure what was forgotten may be delivered again and is known, in
    /// milliseconds of event time: the greatest acceptance of a source and the reach.
    pub remembered_ms: i64,
}

impl Application {
    /// The topics that the door reads.
    #[must_use]
    pub fn topics(&self) -> Vec<Text> {
        self.sources.of_topic.keys().cloned().collect()
    }
}

/// A stage of one process on a log: all its tasks, on one thread.
pub struct Runner<'a, P: Port, D: Decode>(Any<'a, P, D>);

enum Any<'a, P: Port, D: Decode> {
    Door(Box<Loop<P, DoorWork<'a, D>>>),
    Contacts(Box<Loop<P, Keyed<'a, Contacts>>>),
    Handles(Box<Loop<P, Keyed<'a, Handles>>>),
    Customers(Box<Loop<P, Keyed<'a, Customers>>>),
}

/// Does the same with whichever stage it is.
macro_rules! each {
    ($runner:expr, $stage:ident => $result:expr) => {
        match $runner {
            Any::Door($stage) => $result,
            Any::Contacts($stage) => $result,
            Any::Handles($stage) => $result,
            Any::Customers($stage) => $result,
        }
    };
}

impl<'a, P: Port, D: Decode> Runner<'a, P, D> {
    /// The door on a log.
    ///
    /// # Errors
    /// The log's topics could not be asked for.
    pub fn door(
        engine: &'a Engine,
        application: &Application,
        mut port: P,
        encode: Box<dyn Encode>,
        decode: D,
    ) -> Result<Runner<'a, P, D>, PortError> {
        let mut of = |stage| tasks_of(&[input_of(application, stage)], &mut port);
        let tasks = Tasks {
            contacts: of(StageName::Contacts)?,
            handles: of(StageName::Handles)?,
            customers: of(StageName::Customers)?,
        };
        let erasures = topic_name(&application.id, ERASURES);
        let work = DoorWork::new(
            engine,
            Arc::clone(&application.sources),
            decode,
            (erasures, tasks),
        );
        let stage = Loop::new(application, StageName::Door, port, work, encode)?;
        Ok(Runner(Any::Door(Box::new(stage))))
    }

    /// The contacts stage on a log.
    ///
    /// # Errors
    /// The log's topics could not be asked for.
    pub fn contacts(
        engine: &'a Engine,
        application: &Application,
        mut port: P,
        encode: Box<dyn Encode>,
    ) -> Result<Runner<'a, P, D>, PortError> {
        let before = tasks_of(&application.topics(), &mut port)?;
        let tenant = engine.door.settings().tenant.clone();
        let stage = (&engine.contacts, StageName::Contacts);
        let work = keyed(stage, engine, application, before).watching(tenant);
        let stage = Loop::new(application, StageName::Contacts, port, work, encode)?;
        Ok(Runner(Any::Contacts(Box::new(stage))))
    }

    /// The handles stage on a log.
    ///
    /// # Errors
    /// The log's topics could not be asked for.
    pub fn handles(
        engine: &'a Engine,
        application: &Application,
        mut port: P,
        encode: Box<dyn Encode>,
    ) -> Result<Runner<'a, P, D>, PortError> {
        let before = tasks_of(&[input_of(application, StageName::Contacts)], &mut port)?;
        let stage = (&engine.handles, StageName::Handles);
        let work = keyed(stage, engine, application, before);
        let stage = Loop::new(application, StageName::Handles, port, work, encode)?;
        Ok(Runner(Any::Handles(Box::new(stage))))
    }

    /// The customers stage on a log.
    ///
    /// # Errors
    /// The log's topics could not be asked for.
    pub fn customers(
        engine: &'a Engine,
        application: &Application,
        mut port: P,
        encode: Box<dyn Encode>,
    ) -> Result<Runner<'a, P, D>, PortError> {
        let stages = [StageName::Contacts, StageName::Handles];
        let before = tasks_of(&stages.map(|stage| input_of(application, stage)), &mut port)?;
        let stage = (&engine.customers, StageName::Customers);
        let work = keyed(stage, engine, application, before);
        let stage = Loop::new(application, StageName::Customers, port, work, encode)?;
        Ok(Runner(Any::Customers(Box::new(stage))))
    }

    /// Waits for something to happen, at most this long, and does what has to be done.
    ///
    /// # Errors
    /// The log cannot be worked with: the runner has to be dropped and made anew.
    pub fn step(&mut self, wait_max: Duration) -> Result<Stepped, PortError> {
        each!(&mut self.0, stage => stage.step(wait_max))
    }

    /// Commits what is open, as before an end. Says whether nothing is open any more.
    pub fn finish(&mut self) -> bool {
        each!(&mut self.0, stage => stage.finish())
    }

    /// Counts repeats and retries of these reasons apart; all others are one.
    pub fn count_apart(&mut self, reasons: Reasons) {
        each!(&mut self.0, stage => stage.reasons = reasons);
    }

    /// Goes on counting where a former runner of the same process has ended.
    pub fn go_on_counting(&mut self, stats: Stats) {
        each!(&mut self.0, stage => stage.stats = stats);
    }

    /// What the stage has counted, and where its tasks stand.
    pub fn stats(&mut self) -> &Stats {
        each!(&mut self.0, stage => stage.stats())
    }

    /// The log.
    pub fn port(&mut self) -> &mut P {
        each!(&mut self.0, stage => &mut stage.port)
    }
}

/// A stage that keeps a state per key, behind the tasks that are named.
fn keyed<'a, S: Erases>(
    (stage, name): (&'a S, StageName),
    engine: &'a Engine,
    application: &Application,
    before: Vec<Text>,
) -> Keyed<'a, S>
where
    S::State: Serialize + DeserializeOwned,
{
    let sources = Arc::clone(&application.sources);
    let second_hash = engine.door.second_hash();
    Keyed::new(
        stage,
        name,
        before,
        sources,
        second_hash,
        application.remembered_ms,
    )
}

/// The topic of ours that a stage reads.
fn input_of(application: &Application, stage: StageName) -> Text {
    let input = stage
        .input()
        .expect("a stage after the door reads a topic of ours");
    topic_name(&application.id, input)
}

/// Names of the tasks that read these topics.
fn tasks_of(topics: &[Text], port: &mut impl Port) -> Result<Vec<Text>, PortError> {
    let mut tasks = Vec::new();
    for topic in topics {
        for partition in 0..port.partitions(topic)? {
            tasks.push(TopicPartition::new(topic, partition).to_string().into());
        }
    }
    Ok(tasks)
}
