import Testing

@testable import Distillation

/// Where answers part, and what is marked of them.
@Suite struct AnswerDifferenceTests {
  @Test func tokensOfBothSidesAreFound() {
    let difference = AnswerDifference(from: [1, 2, 3, 4], to: [1, 9, 3, 4, 5])
    #expect(difference.lost == [1])
    #expect(difference.added == [1, 4])
    #expect(difference.first == 1)
    let same = AnswerDifference(from: [1, 2], to: [1, 2])
    #expect(same.lost.isEmpty && same.added.isEmpty && same.first == 2)
  }

  private func marked(_ texts: [String], _ marks: Set<Int>, first: Int? = nil) -> String {
    MarkedTokens(.init(Array(texts.indices), texts: texts), "lost")
      .marking(marks, first: first).html
  }

  @Test func runsOfTokensHaveOneMark() {
    #expect(marked(["a", "b", "c", "d"], [1, 2]) == "a<mark class=\"lost\">bc</mark>d")
    #expect(
      marked(["a", "b", "c"], [1, 2], first: 1)
        == "a<mark class=\"lost first\">b</mark><mark class=\"lost\">c</mark>")
    #expect(marked(["<b>"], [0]) == "<mark class=\"lost\">&lt;b&gt;</mark>")
    #expect(marked(["a"], []) == "a")
  }

  @Test func anEndThatTheOtherHasNotIsSeen() {
    #expect(marked(["a", ""], [1]) == "a<mark class=\"lost\">⏹</mark>")
    #expect(marked(["a", "b", ""], [1, 2], first: 1).hasSuffix("<mark class=\"lost\">⏹</mark>"))
  }
}
