//! Who looks at a page.

/// Who looks, and what the pages may offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// The name under which acts are kept.
    pub name: Option<String>,
    /// Goes with every act; without one nothing can be done.
    pub csrf_token: Option<String>,
}
