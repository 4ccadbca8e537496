"""Pyomo without the statistics of scipy, which nothing here uses: half a second less for every start.

As soon as scipy is imported, Pyomo has it load `scipy.stats` too. Without that wish of Pyomo's, scipy loads a
part when somebody first uses it.
"""

from pyomo.common import dependencies

if isinstance(dependencies.scipy_available, dependencies.DeferredImportIndicator):
    dependencies.scipy_available._callback = None
