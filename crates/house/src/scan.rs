//! Reads a Rust file as the compiler's parser does: comments, strings and code that is compiled for
//! tests only do not count, and imports are followed, so that an alias hides nothing.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, UseTree};

/// A path such as `std::fs::read`, with imports followed.
pub struct Found {
    pub line: usize,
    pub names: Vec<String>,
    /// How many type arguments its last name has, or, for `Map::<K, V>::new`, the one before.
    pub generics: Option<usize>,
    /// Stands in a `use` item. Its last name is `*` for a glob.
    pub import: bool,
}

/// A function with a body.
pub struct Function {
    pub line: usize,
    pub name: String,
    pub lines: usize,
}

/// What a file contains outside of its tests.
#[derive(Default)]
pub struct Scan {
    pub paths: Vec<Found>,
    /// Lines at which there is `async` or `await`.
    pub asyncs: Vec<usize>,
    pub functions: Vec<Function>,
    /// Lines of modules that are compiled for tests only.
    pub test_lines: usize,
    /// What a name at the start of a path stands for in this file.
    names: BTreeMap<String, Vec<String>>,
}

impl Scan {
    /// Reads `text`; a file that is no Rust fails the test with its path.
    pub fn of(path: &str, text: &str) -> Scan {
        let file = syn::parse_file(text).unwrap_or_else(|error| {
            panic!("{path}:{}: {error}", error.span().start().line);
        });
        let mut imports = Imports::default();
        imports.visit_file(&file);
        let mut scan = Scan {
            names: imports.names,
            ..Scan::default()
        };
        scan.visit_file(&file);
        scan
    }

    fn push(&mut self, span: Span, names: Vec<String>, generics: Option<usize>, import: bool) {
        let names = match self.names.get(&names[0]) {
            // An import is a full path already.
            Some(full) if !import => [full.as_slice(), &names[1..]].concat(),
            _ => names,
        };
        self.paths.push(Found {
            line: span.start().line,
            names,
            generics,
            import,
        });
    }

    fn push_function(&mut self, from: Span, name: &syn::Ident, body: &syn::Block) {
        let line = from.start().line;
        let lines = body.span().end().line + 1 - line;
        self.functions.push(Function {
            line,
            name: name.to_string(),
            lines,
        });
    }

    /// Paths inside a macro call, which the parser leaves as tokens.
    fn push_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut start = Span::call_site();
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.push_path(start, &mut path);
                        start = name.span();
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.push_path(start, &mut path);
                    colons = 0;
                    self.push_tokens(group.stream());
                }
                _ => {
                    self.push_path(start, &mut path);
                    colons = 0;
                }
            }
        }
        self.push_path(start, &mut path);
    }

    fn push_path(&mut self, start: Span, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.push(start, std::mem::take(path), None, false);
        }
    }
}

/// First reading: what names stand for. A module of the file's own is `self::name`.
#[derive(Default)]
struct Imports {
    names: BTreeMap<String, Vec<String>>,
}

impl<'a> Visit<'a> for Imports {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        for (_, alias, full) in leaves(&item.tree, &[]) {
            // `use serde;` would otherwise stand for itself for ever.
            if full.len() > 1 || alias != full[0] {
                self.names.insert(alias, full);
            }
        }
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !for_tests(&item.attrs) {
            let name = item.ident.to_string();
            self.names
                .insert(name.clone(), vec!["self".to_owned(), name]);
            visit::visit_item_mod(self, item);
        }
    }
}

/// The leaves of a `use` tree: where, under which name, and the full path.
fn leaves(tree: &UseTree, before: &[String]) -> Vec<(Span, String, Vec<String>)> {
    let full = |name: &syn::Ident| {
        let name = name.to_string();
        if name == "self" && !before.is_empty() {
            return before.to_vec();
        }
        [before, &[name]].concat()
    };
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &full(&path.ident)),
        UseTree::Name(name) => {
            let full = full(&name.ident);
            let alias = full.last().expect("a path has a name").clone();
            vec![(name.span(), alias, full)]
        }
        UseTree::Rename(rename) => {
            vec![(
                rename.span(),
                rename.rename.to_string(),
                full(&rename.ident),
            )]
        }
        UseTree::Glob(glob) => {
            let full = [before, &["*".to_owned()]].concat();
            vec![(glob.span(), "*".to_owned(), full)]
        }
        UseTree::Group(group) => group
            .items
            .iter()
            .flat_map(|tree| leaves(tree, before))
            .collect(),
    }
}

/// Is an item compiled for tests only?
fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition.contains("test") && !condition.contains("not")
        }
        _ => false,
    })
}

impl<'a> Visit<'a> for Scan {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if for_tests(&item.attrs) {
            let span = item.span();
            self.test_lines += span.end().line + 1 - span.start().line;
        } else {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        if !for_tests(&item.attrs) {
            for (span, _, full) in leaves(&item.tree, &[]) {
                self.push(span, full, None, true);
            }
        }
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        if !for_tests(&item.attrs) {
            self.push_function(item.sig.span(), &item.sig.ident, &item.block);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        if !for_tests(&item.attrs) {
            self.push_function(item.sig.span(), &item.sig.ident, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        if !for_tests(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        self.asyncs.extend(
            signature
                .asyncness
                .iter()
                .map(|word| word.span.start().line),
        );
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, expression: &'a syn::ExprAsync) {
        self.asyncs.push(expression.async_token.span.start().line);
        visit::visit_expr_async(self, expression);
    }

    fn visit_expr_await(&mut self, expression: &'a syn::ExprAwait) {
        self.asyncs.push(expression.await_token.span.start().line);
        visit::visit_expr_await(self, expression);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let generics =
            path.segments
                .iter()
                .rev()
                .take(2)
                .find_map(|segment| match &segment.arguments {
                    syn::PathArguments::AngleBracketed(list) => Some(list.args.len()),
                    _ => None,
                });
        if path.leading_colon.is_some() {
            // `::name` is a crate, whatever the file calls so.
            let line = path.span().start().line;
            self.paths.push(Found {
                line,
                names,
                generics,
                import: false,
            });
        } else {
            self.push(path.span(), names, generics, false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        let name = call.path.segments.last().expect("a macro has a name");
        self.paths.push(Found {
            line: name.span().start().line,
            names: vec![format!("{}!", name.ident)],
            generics: None,
            import: false,
        });
        self.push_tokens(call.tokens.clone());
    }
}
