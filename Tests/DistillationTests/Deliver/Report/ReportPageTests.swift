import Foundation
import FoundationXML
import HuggingFace
import TestSupport
import Testing

@testable import Distillation

@Suite struct ReportPageTests {
  private static let attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&\u{0}"

  /// A run whose every text is hostile.
  private static func run(_ name: String = attack, tokens: Int = 2) -> RunReport {
    var metrics = RunRecords.metrics
    var options = TrainingOptions()
    options.template = attack
    options.tokens = tokens
    metrics.pseudoTokens = tokens
    metrics.origin = RunMetrics.Origin(
      date: "2026-11-26T18:00:00Z", model: ModelName(attack, revision: attack), context: attack,
      bestStep: 20, steps: 40, options: options, fingerprints: RunRecords.fingerprints)
    metrics.sizes = RunMetrics.Sizes(
      context: 200, prompt: 4096 * tokens, contextCache: 12_000, promptCache: 600)
    func said(_ identifiers: [Int]) -> HeldOutAnswer.Tokens {
      .init(identifiers, texts: identifiers.map { "\(attack)\($0) " })
    }
    let answer = HeldOutAnswer(
      prompt: attack, response: said([1, 2, 3]), fullContext: said([1, 2, 3]),
      learnedPrompt: said([1, 4, 3]), noContext: said([5]), kl: 0.5, decided: [0, 1],
      forgotten: [1])
    return RunReport(
      name: name, metrics: metrics, steps: (1...40).map(RunRecords.step),
      evaluations: [
        .init(step: 0, kl: 2, top1Agreement: 0.25, isBest: true),
        .init(step: 20, kl: 0.1, top1Agreement: 0.75, isBest: true),
        .init(step: 40, kl: 0.2, top1Agreement: 0.5, isBest: false),
      ], answers: [answer])
  }

  private func html(_ page: ReportPage) -> String { String(decoding: page.bytes, as: UTF8.self) }

  private final class Reader: NSObject, XMLParserDelegate {
    var elements: Set<String> = []
    var text = ""
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      elements.insert(name)
      for key in attributes.keys where key.hasPrefix("on") || key == "src" || key == "href" {
        elements.insert("\(name) \(key)")
      }
    }
    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
  }

  /// The page as XML, which it is too.
  private func read(_ page: ReportPage) throws -> Reader {
    let body = html(page).split(separator: "\n", maxSplits: 1).last ?? ""
    let parser = XMLParser(data: Data(body.utf8))
    let reader = Reader()
    parser.delegate = reader
    #expect(parser.parse(), "\(parser.parserError as Any)")
    return reader
  }

  /// Numbers of files from outside, as large as they can be.
  @Test func largeNumbersAreWritten() throws {
    var run = Self.run()
    var metrics = run.metrics
    metrics.contextTokens = .max
    metrics.sizes = RunMetrics.Sizes(
      context: .max, prompt: .max, contextCache: .max, promptCache: .max)
    run = RunReport(name: run.name, metrics: metrics)
    let page = ReportPage([run], price: Price(ofMillion: Price.largest))
    #expect(try read(page).text.contains("9,223,372,036,854,775,807"))
    #expect(Price(ofMillion: 1e308) == nil && Price(ofMillion: -1) == nil)
  }

  /// Without a context there is none to compare with.
  @Test func aRunWithoutAContextSaysSo() throws {
    var metrics = Self.run().metrics
    metrics.contextTokens = 0
    let made = Self.run()
    let page = ReportPage([
      RunReport(
        name: "a", metrics: metrics, steps: made.steps, evaluations: made.evaluations,
        answers: made.answers)
    ])
    // The definitions at the foot are those of all reports.
    let body = try read(page).text.split(separator: "Made by Pith")[0]
    let text = body.replacing("recorded response", with: "")
    #expect(text.contains("2 pseudo-tokens trained on given responses"))
    for part in [
      "fewer tokens before every prompt", "of the gap to the full context", "What a call takes",
      "Held-out KL", "top-1 agreement", "full context",
    ] {
      #expect(!text.contains(part), "\(part)")
    }
  }

  @Test func nothingOfATextBecomesAnElement() throws {
    for page in [ReportPage([Self.run()]), ReportPage([Self.run(), Self.run("b", tokens: 8)])] {
      let reader = try read(page)
      #expect(reader.elements.isDisjoint(with: ["script", "img", "iframe", "link", "a", "object"]))
      #expect(!reader.elements.contains { $0.contains(" ") })
      #expect(reader.text.contains("<script>alert(1)</script>"))
      #expect(
        html(page).contains("default-src 'none'") || html(page).contains("default-src &#39;none"))
      #expect(!html(page).contains("http://") && !html(page).contains("https://"))
    }
  }

  @Test func aPageOfOneRunShowsAllOfIt() throws {
    let text = try read(ReportPage([Self.run()], price: Price(ofMillion: 2.5))).text
    for part in [
      "2 pseudo-tokens in place of 40 tokens", "80.0 %", "Held-out KL, nats a token",
      "no context", "The worst held-out answers", "they part at token 2", "What was forgotten",
      "The context decides 2 of 3 response tokens", "At 50.0 % of them", "What a call takes",
      "cost of 1,000 calls", "0.1", "0.005", "How it was made", "Pith 0.1.0",
      "batch-size: 16",
    ] { #expect(text.contains(part), "\(part)") }
  }

  @Test func aRunOfAnOlderProgramHasAPageToo() throws {
    let text = try read(ReportPage([RunReport(name: "old", metrics: RunRecords.metrics)])).text
    #expect(text.contains("Against no context"))
    #expect(!text.contains("The worst held-out answers"))
  }

  @Test func severalRunsHaveOneTableAndOneChart() throws {
    let runs = [Self.run("small"), Self.run("large", tokens: 8)]
    let text = try read(ReportPage(runs)).text
    for part in [
      "2 runs side by side", "small", "large", "What quality costs", "Held-out KL against tokens",
      "The options in which they differ",
    ] { #expect(text.contains(part), "\(part)") }
  }

  @Test func reportsAreKnownWhileNobodyChangesThem() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "report.html")
    try ReportPage([Self.run()]).write(to: url)
    #expect(ReportPage.isUnchanged(url))
    let page = [UInt8](try Data(contentsOf: url))
    for place in [0, 200, page.count / 2, page.count - 1] {
      var changed = page
      changed[place] ^= 1
      #expect(!ReportPage.isUnchanged(try folder.write("changed.html", changed)), "\(place)")
    }
    #expect(!ReportPage.isUnchanged(try folder.write("longer.html", page + [10])))
    #expect(!ReportPage.isUnchanged(try folder.write("other.html", "<html>mine</html>")))
    #expect(!ReportPage.isUnchanged(folder.url.appending(path: "none")))
  }

  @Test(arguments: [-1.0, .nan, .infinity])
  func aPriceIsNoNegativeNumber(price: Double) { #expect(Price(ofMillion: price) == nil) }

  @Test func aFolderThatIsNoFinishedRunIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.path
    expectError(
      "\(path): expected the output folder of a finished run, with metrics.json, found a folder "
        + "without it"
    ) { try RunReport(contentsOf: folder.url) }
    let run = try RunFolder(folder.url.appending(path: "run"), mode: .create)
    try run.begin()
    try run.write(RunRecords.metrics)
    try folder.write("run/metrics.jsonl", "{\"step\": 1}\n")
    expectError("\(run.url.path)/metrics.jsonl:1: expected the key loss, found another record") {
      try RunReport(contentsOf: run.url)
    }
  }
}
