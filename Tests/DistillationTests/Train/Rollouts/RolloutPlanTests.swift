import Testing

@testable import Distillation

/// Which prompts the student answers, and when.
@Suite struct RolloutPlanTests {
  private static let spans = (0..<20).map { $0 % 3 }

  private func order() -> BatchOrder {
    BatchOrder(count: 20, batchSize: 4, isShuffled: true, seed: 5)
  }

  private func plan(_ share: Float, _ interval: Int, seed: UInt64 = 5) -> RolloutPlan {
    RolloutPlan(share: share, interval: interval, order: order(), spans: Self.spans, seed: seed)
  }

  @Test func everyIntervalBeginsWithARefresh() {
    let plan = plan(0.5, 3)
    #expect((1...10).filter(plan.isRefreshed) == [1, 4, 7, 10])
    #expect((1...4).allSatisfy(self.plan(1, 1).isRefreshed))
  }

  /// A share of the prompts of the steps up to the next refresh, in the order of their spans.
  @Test(arguments: [(0.25, 2, 2), (0.5, 3, 6), (1, 2, 8), (0.01, 1, 1), (0.5, 5, 10)])
  func aShareOfTheNextPromptsIsAnswered(share: Float, interval: Int, count: Int) {
    let (plan, order) = (plan(share, interval), order())
    for step in stride(from: 1, through: 31, by: interval) {
      let refresh = plan.refresh(before: step)
      let next = Set((step..<(step + interval)).flatMap(order.batch))
      #expect(refresh.step == step && next.isSuperset(of: refresh.prompts))
      #expect(Set(refresh.prompts).count == refresh.prompts.count)
      let expected = Double(share) * Double(next.count)
      #expect(abs(Double(refresh.prompts.count) - expected) <= 0.5 || refresh.prompts.count == 1)
      #expect(refresh.prompts.count <= plan.mostPrompts)
      let keys = refresh.prompts.map { [Self.spans[$0], $0] }
      #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
    }
    #expect(plan.mostPrompts == count)
    #expect(plan.refresh(before: 1).prompts.count == count)
  }

  /// A resumed run needs no more than the step's number.
  @Test func aRefreshIsAFunctionOfItsStep() {
    let plan = plan(0.5, 3)
    let refreshes = [1, 4, 7, 10].map(plan.refresh)
    for index in [2, 0, 3, 1] {
      #expect(self.plan(0.5, 3).refresh(before: 3 * index + 1) == refreshes[index])
    }
    #expect(Set(refreshes.map(\.seed)).count == 4)
    #expect(self.plan(0.5, 3, seed: 6).refresh(before: 1) != refreshes[0])
  }

  /// An interval of more than all steps has all prompts at its beginning.
  @Test func anIntervalHasNoLimit() {
    let plan = plan(1, .max)
    #expect(plan.isRefreshed(before: 1) && !plan.isRefreshed(before: 1_000_000))
    #expect(plan.refresh(before: 1).prompts.sorted() == Array(0..<20))
    #expect(plan.mostPrompts == 20)
  }
}
