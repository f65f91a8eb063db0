import Files
import Foundation

/// A report for a browser: one file without scripts and without anything from a network. Of one run
/// it shows everything, of several the same curves and numbers beside each other.
package struct ReportPage: Sendable {
  let runs: [RunReport]
  let price: Price?
  /// What a sweep of these runs has found; nil for other runs.
  let sweep: SweepRecord?

  /// The number of different colours of curves.
  static let colors = 8

  /// A report of at least one run.
  package init(_ runs: [RunReport], price: Price? = nil, sweep: SweepRecord? = nil) {
    self.runs = runs
    self.price = price
    self.sweep = sweep
  }

  /// The page as UTF-8.
  package var bytes: [UInt8] { Self.sealed(Array("<!DOCTYPE html>\n\(document.html)\n".utf8)) }

  /// Writes `report.html` of a run.
  func write(to run: RunFolder) throws(DistillationError) {
    try run.write(bytes, to: RunFolder.page)
  }

  /// Writes the page to a file, whole or not at all.
  ///
  /// - Throws: ``DistillationError/file(_:)`` when the system refuses; an earlier file is then
  ///   unchanged.
  package func write(to url: URL) throws(DistillationError) {
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: url, with: bytes)
    }
  }

  private var document: Markup {
    let content = content
    return Tag.html(Attribute("lang", "en")) {
      Tag.head {
        Tag.meta(Attribute("charset", "utf-8"))
        Tag.meta(Attribute("name", "generator"), Attribute("content", "Pith"))
        Self.seal()
        Tag.meta(
          Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1")
        )
        // Nothing is loaded or run, whatever a model has written.
        Tag.meta(
          Attribute("http-equiv", "Content-Security-Policy"),
          Attribute("content", "default-src 'none'; style-src 'unsafe-inline'"))
        Tag.title { content.title }
        Tag.style { Markup.sheet(.report) }
      }
      Tag.body {
        Tag.header {
          Tag.heading1 { content.title }
          Tag.paragraph(.classes("soft")) { content.subtitle }
        }
        Tag.main { content.sections }
        Tag.footer {
          Tag.paragraph { "Made by Pith \(ProgramVersion.text). \(measures)" }
        }
      }
    }
  }

  private var measures: String {
    RunMetrics.Validation.measures(hasContext: runs.contains { $0.metrics.contextTokens > 0 })
  }

  private var content: PageContent {
    if let sweep { return SweepPage(record: sweep, runs: runs, price: price).content }
    return runs.count == 1
      ? RunPage(run: runs[0], price: price).content : ComparedRuns(runs, price).content
  }
}

/// What distinguishes one page from another.
struct PageContent {
  var title: String
  var subtitle: String
  var sections: [Markup]
}
