/// Parts that all sections of a page are made of.
enum PageSection {
  /// A section with its heading.
  static func titled(_ title: String, @MarkupBuilder _ content: () -> Markup) -> Markup {
    Tag.section {
      Tag.heading2 { title }
      content()
    }
  }

  /// A table that scrolls by itself where the page is narrower.
  ///
  /// - Parameters:
  ///   - heading: the cells of the first row.
  ///   - rows: the others.
  ///   - emphasis: the index of the column that the table is about.
  static func table(heading: [String], rows: [[String]], emphasis: Int? = nil) -> Markup {
    Tag.div(.classes("scroll")) {
      Tag.table {
        Tag.tableHead {
          Tag.row { for cell in heading { Tag.headCell { cell } } }
        }
        Tag.tableBody {
          for row in rows { self.row(row, emphasis: emphasis) }
        }
      }
    }
  }

  /// A row of a table, whose first cell names it.
  static func row(_ cells: [String], emphasis: Int? = nil, isChosen: Bool = false) -> Markup {
    Tag.row(.classes(isChosen ? "chosen" : "")) {
      for (index, cell) in cells.enumerated() {
        if index == 0 {
          Tag.headCell(.classes("name")) { cell }
        } else {
          Tag.cell(.classes(index == emphasis ? "main" : "")) { cell }
        }
      }
    }
  }

  /// Terms with their definitions, without those that have none.
  static func definitions(_ pairs: [(term: String, text: String?)]) -> Markup {
    Tag.definitions {
      for pair in pairs {
        if let text = pair.text {
          Tag.term { pair.term }
          Tag.definition { text }
        }
      }
    }
  }
}
