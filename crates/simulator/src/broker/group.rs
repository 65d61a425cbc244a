//! A group: members, generations, and whose a partition is.

use super::Refused;
use model::{Millis, Text};
use std::collections::{BTreeMap, BTreeSet};
use worker::service::TopicPartition;

/// What a member is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// It owns these from now on.
    pub assigned: Vec<TopicPartition>,
    /// It has to give these back.
    pub revoked: Vec<TopicPartition>,
    /// The generation that it may commit under.
    pub generation: u64,
}

#[derive(Clone, Debug)]
struct Member {
    instance: Text,
    heard_at: Millis,
    /// What it is to own.
    target: BTreeSet<TopicPartition>,
}

/// Shares partitions out over members. A partition goes over only once its owner has released it,
/// or is gone.
#[derive(Clone, Debug, Default)]
pub struct Group {
    generation: u64,
    members: BTreeMap<u64, Member>,
    partitions: BTreeSet<TopicPartition>,
    owners: BTreeMap<TopicPartition, u64>,
    /// What was committed, and when.
    offsets: BTreeMap<TopicPartition, (i64, Millis)>,
    members_seen: u64,
}

impl Group {
    /// A member comes, and wants these partitions to be shared out. A member of the same instance
    /// is replaced: the newcomer has its partitions, without a rebalance, and the former one is
    /// unknown from now on.
    pub fn join(
        &mut self,
        instance: &Text,
        partitions: &BTreeSet<TopicPartition>,
        now: Millis,
    ) -> u64 {
        self.members_seen += 1;
        let id = self.members_seen;
        let former = self
            .members
            .iter()
            .find(|(_, member)| member.instance == *instance)
            .map(|(former, _)| *former);
        let is_known = partitions.is_subset(&self.partitions);
        self.partitions.extend(partitions.iter().cloned());
        let target = match former.and_then(|former| self.members.remove(&former)) {
            Some(former) => former.target,
            None => BTreeSet::new(),
        };
        let member = Member {
            instance: instance.clone(),
            heard_at: now,
            target,
        };
        self.members.insert(id, member);
        if let Some(former) = former {
            // The newcomer is assigned them anew: it has nothing of what the former one knew.
            self.owners.retain(|_, owner| *owner != former);
        }
        if former.is_none() || !is_known {
            self.rebalance();
        }
        id
    }

    /// A member goes, or is not heard of any more: others get its partitions.
    pub fn leave(&mut self, member: u64) {
        if self.members.remove(&member).is_some() {
            self.owners.retain(|_, owner| *owner != member);
            self.rebalance();
        }
    }

    /// The member of an instance.
    #[must_use]
    pub fn member_of(&self, instance: &str) -> Option<u64> {
        let mut members = self.members.iter();
        let found = members.find(|(_, member)| member.instance == instance);
        found.map(|(id, _)| *id)
    }

    /// Members that were not heard of for too long go. Says how many went.
    pub fn expire(&mut self, now: Millis, timeout_ms: i64) -> u64 {
        let is_overdue = |member: &Member| member.heard_at.plus(timeout_ms) <= now;
        let overdue = self.members.iter().filter(|(_, one)| is_overdue(one));
        let overdue: Vec<u64> = overdue.map(|(id, _)| *id).collect();
        for member in &overdue {
            self.leave(*member);
        }
        overdue.len() as u64
    }

    /// A member is heard of, and told what has changed for it.
    ///
    /// # Errors
    /// The group has no such member.
    pub fn hear(&mut self, id: u64, now: Millis) -> Result<Changes, Refused> {
        let member = self.members.get_mut(&id).ok_or(Refused::UnknownMember)?;
        member.heard_at = now;
        let owned = self.owners.iter().filter(|(_, owner)| **owner == id);
        let revoked: Vec<TopicPartition> = owned
            .map(|(partition, _)| partition.clone())
            .filter(|partition| !member.target.contains(partition))
            .collect();
        // What is to be given back comes first; what is free comes with the next generation.
        let free = |partition: &&TopicPartition| {
            revoked.is_empty() && !self.owners.contains_key(*partition)
        };
        let assigned: Vec<TopicPartition> = member.target.iter().filter(free).cloned().collect();
        for partition in &assigned {
            self.owners.insert(partition.clone(), id);
        }
        Ok(Changes {
            assigned,
            revoked,
            generation: self.generation,
        })
    }

    /// A member is alive, without being told anything: what goes on beside its work.
    pub fn heartbeat(&mut self, id: u64, now: Millis) {
        if let Some(member) = self.members.get_mut(&id) {
            member.heard_at = now;
        }
    }

    /// Everybody was heard of so much later.
    pub(super) fn shift(&mut self, time_ms: i64) {
        for member in self.members.values_mut() {
            member.heard_at = member.heard_at.plus(time_ms);
        }
    }

    /// A member gives partitions back: they go to whom they are meant for, in a new generation.
    pub fn release(&mut self, id: u64, partitions: &[TopicPartition]) {
        let mut freed = false;
        for partition in partitions {
            if self.owners.get(partition) == Some(&id) {
                self.owners.remove(partition);
                freed = true;
            }
        }
        if freed {
            self.generation += 1;
        }
    }

    /// Whether somebody may commit: the member and its generation are looked at, and not who owns
    /// the partitions.
    ///
    /// # Errors
    /// The member is gone, or its generation is.
    pub fn check(&self, id: u64, generation: u64) -> Result<(), Refused> {
        if !self.members.contains_key(&id) {
            return Err(Refused::UnknownMember);
        }
        if generation != self.generation {
            return Err(Refused::IllegalGeneration);
        }
        Ok(())
    }

    /// Commits an offset.
    pub fn commit(&mut self, partition: &TopicPartition, offset: i64, now: Millis) {
        self.offsets.insert(partition.clone(), (offset, now));
    }

    /// Forgets what was committed before an instant.
    pub fn forget_offsets(&mut self, before: Millis) {
        self.offsets.retain(|_, (_, at)| *at >= before);
    }

    /// The offset that was committed last.
    #[must_use]
    pub fn committed(&self, partition: &TopicPartition) -> Option<i64> {
        self.offsets.get(partition).map(|(offset, _)| *offset)
    }

    /// A new generation: everybody is to own a fair share, and keeps of it what it has.
    fn rebalance(&mut self) {
        self.generation += 1;
        let mut free: Vec<TopicPartition> = Vec::new();
        let members = self.members.len();
        if members == 0 {
            return;
        }
        let share = self.partitions.len() / members;
        let mut larger = self.partitions.len() % members;
        let mut sizes = BTreeMap::new();
        for (id, member) in &mut self.members {
            let size = if larger > 0 && member.target.len() > share {
                larger -= 1;
                share + 1
            } else {
                share
            };
            while member.target.len() > size {
                member.target.pop_last();
            }
            sizes.insert(*id, size);
        }
        let taken: BTreeSet<&TopicPartition> = self
            .members
            .values()
            .flat_map(|member| &member.target)
            .collect();
        free.extend(
            self.partitions
                .iter()
                .filter(|one| !taken.contains(one))
                .cloned(),
        );
        for (id, member) in &mut self.members {
            while member.target.len() < sizes[id] {
                let Some(partition) = free.pop() else { break };
                member.target.insert(partition);
            }
        }
        for (member, partition) in self.members.values_mut().zip(free) {
            member.target.insert(partition);
        }
    }
}
