'use strict'
/** An event whose default the app may prevent. */
const preventable = (details = {}) => ({
  ...details,
  defaultPrevented: false,
  preventDefault() {
    this.defaultPrevented = true
  },
})
module.exports = { preventable }
