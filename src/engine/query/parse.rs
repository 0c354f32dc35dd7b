//! Tokens to a tree: `or` binds least, then `and` (or nothing between two terms), then `not`.

use super::super::snapshot::FlowRow;
use super::FilterError;
use super::lex::{self, Kind, Token};
use super::term::Term;

/// Parentheses and `not`s inside each other; more is no filter that a person types.
const DEPTH: usize = 64;

#[derive(Debug, Clone)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Term(Term),
}

impl Node {
    pub(super) fn matches(&self, row: &FlowRow) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|n| n.matches(row)),
            Self::Any(nodes) => nodes.iter().any(|n| n.matches(row)),
            Self::Not(node) => !node.matches(row),
            Self::Term(term) => term.matches(row),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    let tokens = lex::tokens(text)?;
    if tokens.is_empty() {
        return Ok(Node::All(Vec::new()));
    }
    let mut parser = Parser { tokens: &tokens, next: 0, end: text.len() };
    let node = parser.any(0)?;
    match parser.peek() {
        None => Ok(node),
        Some(token) => Err(FilterError { at: token.at, message: "nothing opens this parenthesis".into() }),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    end: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let there = self.peek().is_some_and(|t| t.kind == *kind);
        self.next += usize::from(there);
        there
    }

    fn any(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all(depth)?];
        while self.take(&Kind::Or) {
            nodes.push(self.all(depth)?);
        }
        Ok(one_or(nodes, Node::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.not(depth)?];
        loop {
            let said = self.take(&Kind::And);
            let more = self.peek().is_some_and(|t| !matches!(t.kind, Kind::Or | Kind::Close));
            if !said && !more {
                return Ok(one_or(nodes, Node::All));
            }
            nodes.push(self.not(depth)?);
        }
    }

    fn not(&mut self, depth: usize) -> Result<Node, FilterError> {
        let at = self.peek().map_or(self.end, |t| t.at);
        if depth > DEPTH {
            return Err(FilterError { at, message: "this is nested too deeply".into() });
        }
        if self.take(&Kind::Not) {
            return Ok(Node::Not(Box::new(self.not(depth + 1)?)));
        }
        self.term(depth, at)
    }

    fn term(&mut self, depth: usize, at: usize) -> Result<Node, FilterError> {
        let missing = || FilterError { at, message: "here something to look for is missing".into() };
        let token = self.peek().ok_or_else(missing)?;
        if matches!(token.kind, Kind::And | Kind::Or | Kind::Close | Kind::Not) {
            return Err(missing());
        }
        self.next += 1;
        if token.kind != Kind::Open {
            return Term::from_token(token).map(Node::Term);
        }
        let inner = self.any(depth + 1)?;
        if self.take(&Kind::Close) {
            return Ok(inner);
        }
        Err(FilterError { at, message: "this parenthesis is never closed".into() })
    }
}

fn one_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            many(nodes)
        }
    }
}
