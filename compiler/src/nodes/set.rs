use crate::expr;
use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Gives a variable a value, for expressions that come later on the call's way.
    ///
    /// The value is an expression: a number (`tries + 1`), a text in single quotes, a phone number (`+61411111111`,
    /// `tel:101`), yes or no (`caller.number starts_with +614`), a length of time (`90s`), a time of day (`now.time + 2h`), a
    /// date (`now.date`) or a weekday (`mon`). A variable has one type in the whole flow.
    Set as "set";
    entity EntityUse::None;
    takes Takes::Any;
    waits false;
    fields {
        /// The variable.
        variable: crate::nodes::values::VariableName as Required;
        /// Its value from here on.
        value: crate::nodes::values::ExprText as Required;
    }
    computed Computed::None;
    exits {
        /// The call goes on.
        next: Leaves::AsItCame, Unwired::Refused;
    }
}

impl Lower for Set {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let (Some(variable), Some(value)) = (&self.variable, &self.value) else {
            return Err(at.hole("the variable or its value"));
        };
        let (block, mut steps) = at.compute(at.start(), vec![Step::Enter], expr::read(value))?;
        steps.push(Step::Store(at.variable(variable)?));
        let next = at.exit("next");
        at.write(block, steps, BlockEnd::Jump(next));
        Ok(())
    }
}
