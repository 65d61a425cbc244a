//! Customers, their identifiers, and the odd ways in which systems write them.

use serde_json::{Value, json};

use super::history::History;

/// A customer as they are, whatever a source knows of them.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) customer_id: String,
    pub(super) contract: String,
    /// E.164.
    pub(super) phone: String,
    pub(super) email: String,
    pub(super) loyalty: String,
    pub(super) devices: Vec<String>,
}

/// What an event knows of its customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Only the unique id.
    Customer,
    /// Only a phone number.
    Phone,
    /// Only a mail address.
    Email,
    /// Only the loyalty number.
    Loyalty,
    /// Only a device.
    Device,
    /// Unique id and phone number.
    CustomerAndPhone,
    /// Unique id and mail address.
    CustomerAndEmail,
    /// Unique id and device.
    CustomerAndDevice,
    /// Phone number and mail address, no unique id.
    PhoneAndEmail,
    /// Everything.
    All,
    /// Nothing.
    Nothing,
    /// Values that mean nobody.
    Blocked,
}

/// Six to twenty-five customers. Some share a line, an address, a device or a loyalty number.
pub(super) fn invite(history: &mut History) {
    let count = history.dice.between(6, 25);
    for number in 1..=count {
        let mut person = Person {
            customer_id: format!("C{number}"),
            contract: format!("V{:03}", 900 - number),
            phone: format!("+331990{:05}", 1000 + number * 37),
            email: format!("c{number}@example.org"),
            loyalty: format!("L-{number}"),
            devices: vec![format!("dev-{number}"), format!("app-{number}")],
        };
        if number > 1 {
            let other = history.people[history.dice.index(number as usize - 1)].clone();
            if history.dice.percent(25) {
                person.phone = other.phone;
                history.saw("household_phone");
            }
            if history.dice.percent(12) {
                person.email = other.email;
                history.saw("shared_email");
            }
            if history.dice.percent(20) {
                person.devices[0] = other.devices[0].clone();
                history.saw("shared_device");
            }
            if history.dice.percent(8) {
                person.loyalty = other.loyalty;
            }
        }
        history.people.push(person);
    }
}

impl History {
    /// What a source might know, at random.
    pub(super) fn some_known(&mut self) -> Known {
        self.dice.weighted(&[
            (30, Known::Customer),
            (18, Known::Phone),
            (9, Known::Email),
            (4, Known::Loyalty),
            (4, Known::Device),
            (12, Known::CustomerAndPhone),
            (6, Known::CustomerAndEmail),
            (4, Known::CustomerAndDevice),
            (4, Known::PhoneAndEmail),
            (5, Known::All),
            (2, Known::Nothing),
            (2, Known::Blocked),
        ])
    }

    /// The `identifiers` of a person, for what is known.
    pub(super) fn identifiers(&mut self, person: usize, known: Known) -> Value {
        let person = self.people[person].clone();
        let types: &[&str] = match known {
            Known::Customer => &["customer_id"],
            Known::Phone => &["phone"],
            Known::Email => &["email"],
            Known::Loyalty => &["loyalty"],
            Known::Device => &["device"],
            Known::CustomerAndPhone => &["customer_id", "phone"],
            Known::CustomerAndEmail => &["email", "customer_id"],
            Known::CustomerAndDevice => &["device", "customer_id"],
            Known::PhoneAndEmail => &["phone", "email"],
            Known::All => &["phone", "email", "loyalty", "device", "customer_id"],
            Known::Nothing => {
                self.saw("unknown_customer");
                &[]
            }
            Known::Blocked => return self.blocked_identifiers(&person),
        };
        let mut list: Vec<Value> = Vec::new();
        for kind in types {
            if self.dice.percent(3) {
                let nobody = self.nobody(kind);
                list.push(self.identifier(kind, nobody));
                self.saw("identifier_type_twice");
            }
            let value = match *kind {
                "customer_id" => person.customer_id.clone(),
                "phone" => person.phone.clone(),
                "email" => person.email.clone(),
                "loyalty" => person.loyalty.clone(),
                _ => person.devices[0].clone(),
            };
            list.push(self.identifier(kind, value));
        }
        // Whatever else is known, a contract number is now and then known too, where it is one.
        let may_know = self.setup.declares_contract && types.contains(&"customer_id");
        if may_know && self.dice.percent(40) {
            self.saw("second_unique_type");
            list.push(self.identifier("contract", person.contract));
        }
        Value::Array(list)
    }

    /// One identifier, in an odd notation now and then, verified or not.
    pub(super) fn identifier(&mut self, kind: &str, value: String) -> Value {
        let value = self.odd_notation(kind, value);
        match self.dice.below(10) {
            0..=2 => json!({"type": kind, "value": value, "verified": true}),
            3 => json!({"type": kind, "value": value, "verified": false}),
            _ => json!({"type": kind, "value": value}),
        }
    }

    fn odd_notation(&mut self, kind: &str, value: String) -> String {
        if !self.dice.percent(40) {
            return value;
        }
        match kind {
            "phone" if value.starts_with("+331") && value.len() == 12 => {
                self.saw("odd_notation_phone");
                let digits = &value[3..];
                let pairs = format!(
                    "{} {} {} {} {}",
                    &digits[..1],
                    &digits[1..3],
                    &digits[3..5],
                    &digits[5..7],
                    &digits[7..]
                );
                match self.dice.below(7) {
                    0 => format!("tel:{value}"),
                    1 => format!("tel:+33-{};ext=12", pairs.replace(' ', "-")),
                    2 => format!("sip:{value}@pbx.example;user=phone"),
                    3 => format!("+33 {pairs}"),
                    4 => format!("0{pairs}"),
                    5 => format!("  0{}", pairs.replace(' ', ".")),
                    _ => format!("00 33 {pairs}"),
                }
            }
            "email" => {
                self.saw("odd_notation_email");
                format!(" {} ", value.to_uppercase())
            }
            _ => format!("{value} "),
        }
    }

    /// A value that means nobody.
    fn nobody(&mut self, kind: &str) -> String {
        let words = [
            "anonymous",
            "ANONYMOUS",
            "Unknown",
            "",
            "  ",
            "withheld",
            "n/a",
            "None",
        ];
        let value = match kind {
            "phone" => self
                .dice
                .pick(&["anonymous", "+00 00-00", "0000000000", "Withheld", ""]),
            _ => self.dice.pick(&words),
        };
        value.to_owned()
    }

    /// Blocked identifiers, of everybody or of this tenant's list.
    fn blocked_identifiers(&mut self, person: &Person) -> Value {
        self.saw("blocked_identifier");
        let mut list = Vec::new();
        let own = [
            ("phone", "+33 1 99 00 00 00"),
            ("phone", "tel:+33199000000"),
            ("email", "DESK@example.org"),
            ("customer_id", "C-TEST"),
        ];
        if self.dice.percent(50) {
            let (kind, value) = self.dice.pick(&own);
            list.push(self.identifier(kind, value.to_owned()));
            self.saw("blocked_by_tenant");
        } else {
            let kind = self
                .dice
                .pick(&["customer_id", "phone", "email", "loyalty", "device"]);
            let nobody = self.nobody(kind);
            list.push(self.identifier(kind, nobody));
        }
        if self.dice.percent(30) {
            list.push(self.identifier("phone", person.phone.clone()));
        }
        Value::Array(list)
    }
}
