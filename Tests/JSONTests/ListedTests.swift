import JSON
import Testing

@Suite struct ListedTests {
  @Test(arguments: [
    ([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c-d", "e"], "a, b, c-d or e"),
  ])
  func namesAreJoinedAsInASentence(names: [String], text: String) {
    #expect("\(Listed(names))" == text)
    #expect("\(Listed(names, "and"))" == text.replacing(" or ", with: " and "))
  }
}
