import Distillation
import HuggingFace
import JSON
import Testing

/// Which questions and answers a study keeps.
@Suite struct QuestionFilterTests {
  private static let chunk = """
    The *contrib* archive area contains supplemental packages intended to work with the Debian distribution, but which require \
    software outside of the distribution to either build or function. Every package in *contrib* must comply with the DFSG.
    """

  @Test(
    arguments: [
      ("Which packages does the contrib archive area contain?", nil),
      ("Must a package in contrib comply with the DFSG?", nil),
      ("List all packages of the archive area", nil),
      ("", .empty), (" ?! ", .empty),
      ("According to the passage, what must a package in contrib do?", .namesTheText),
      ("What does the text above say about packages?", .namesTheText),
      ("Summarize the document about the Debian distribution.", .namesTheText),
      ("The contrib archive area contains packages.", .notAQuestion),
      ("When a package is in contrib, it has to comply", .notAQuestion),
      ("Which packages does the contrib area contain", .notAQuestion),
      ("Describe the contrib area and the", .notAQuestion),
      ("Packages?", .notAQuestion),
      ("What is the capital of France?", .ungrounded),
      ("What is it that they would do?", .ungrounded),
      (
        "What about supplemental packages intended to work with the Debian distribution, but which require software?",
        .copied
      ),
    ] as [(String, StudyDrop?)])
  func questions(text: String, expected: StudyDrop?) {
    var filter = QuestionFilter(isStrict: true)
    #expect(filter.drop(text, isWhole: true, chunk: Self.chunk) == expected)
  }

  @Test(
    arguments: [
      ("Please get weather for Paris on Sunday", nil), ("Please get weather", .notAQuestion),
      ("Please get weather for the", .notAQuestion), ("", .empty),
    ] as [(String, StudyDrop?)])
  func requestsForTools(text: String, expected: StudyDrop?) {
    var filter = QuestionFilter(isStrict: true)
    #expect(
      filter.drop(text, isWhole: true, chunk: Self.chunk, toolSeed: "Please get weather")
        == expected)
  }

  @Test func everyToolHasASeed() throws {
    let tools = try ToolDefinitions(
      JSONNode(
        parsing: Array(
          #"""
          [{"name": "get_weather"}, {"name": "bookTable", "description": "Books a table."}]
          """#.utf8), file: "tools.json"))
    let opened = StudySeeds.builtIn(.complete, tools).seeds
    #expect(opened.suffix(2).map(\.text) == ["Please get weather", "Please book table"])
    #expect(opened.suffix(2).allSatisfy { $0.kind == .tool })
    #expect(opened.dropLast(2).elementsEqual(StudySeeds.builtIn(.complete).seeds))
    let told = StudySeeds.builtIn(.instruct, tools).seeds
    #expect(told.last?.text.contains("the tool bookTable, which does this: Books a table.") == true)
  }

  @Test(
    arguments: [
      ("It contains supplemental packages.", nil), ("Yes.", nil), ("  \n", .emptyAnswer),
      ("*", .emptyAnswer), ("contrib archive area", .leaked),
      ("The policy does not mention this.", .unanswerable), ("I'm sorry, but no.", .unanswerable),
      (String(repeating: "the package is a package. ", count: 8), .repeating),
      (
        "It holds packages that work with Debian, which need software from elsewhere; it is not part of it and comes as it is, "
          + "though most mirrors carry it.", nil
      ),
    ] as [(String, StudyDrop?)])
  func answers(text: String, expected: StudyDrop?) {
    let filter = QuestionFilter(isStrict: true)
    #expect(filter.drop(answer: text, to: "What is in the contrib archive area?") == expected)
  }

  @Test func theSameWordsAreADuplicate() {
    var filter = QuestionFilter(isStrict: true)
    let question = "Must a package in contrib comply with the DFSG?"
    func drop(_ text: String) -> StudyDrop? {
      filter.drop(text, isWhole: true, chunk: Self.chunk)
    }
    #expect(drop(question) == nil)
    #expect(drop("must a package in *contrib* comply, with the DFSG ?") == .duplicate)
    filter.forget(question)
    #expect(drop(question) == nil)
    filter.learn("Which packages does contrib contain?")
    #expect(drop("Which packages does contrib contain") == .duplicate)
  }

  @Test func withoutTheFilterWhatCannotBeUsedIsLeftOutAlone() {
    var filter = QuestionFilter(isStrict: false)
    #expect(filter.drop("zz", isWhole: true, chunk: Self.chunk) == nil)
    #expect(filter.drop("zz", isWhole: true, chunk: Self.chunk) == .duplicate)
    #expect(filter.drop("zzz", isWhole: false, chunk: Self.chunk) == .tooLong)
    #expect(filter.drop("...", isWhole: true, chunk: Self.chunk) == .empty)
    #expect(filter.drop(answer: "zz", to: "zz") == nil)
    #expect(filter.drop(answer: " ", to: "zz") == .emptyAnswer)
  }

  @Test func textsWithoutSpacesNeedNoSharedWords() {
    var filter = QuestionFilter(isStrict: true)
    let question = "包 は 何 ですか？"
    #expect(filter.drop(question, isWhole: true, chunk: "これは日本語の文章です。単語の間に空白はありません。") == nil)
  }
}
